import { archiveInvalid } from './archive-invalid.js';
import type { ByteSource } from './byte-source.js';

/** What a member of a tar is; `other` is what no directory can hold here: devices and FIFOs. */
export type TarKind = 'file' | 'link' | 'symlink' | 'directory' | 'other';

/** A member of a tar. */
export interface TarMember {
  /** As the archive has it. */
  readonly name: string;
  readonly kind: TarKind;
  /** Permissions with set-uid, set-gid and sticky bits. */
  readonly mode: number;
  readonly mtimeSeconds: number;
  /** Bytes of the body. */
  readonly size: number;
  /** What a link leads to. */
  readonly target: string;
  /** Has to be read to its end before the next member is asked for. */
  body(): AsyncIterable<Buffer>;
}

export const tarBlockBytes = 512;

/** Most bytes of what stands before a member: long names and further facts. */
const extraLimit = 1024 * 1024;

const kinds: Readonly<Record<string, TarKind>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'other',
  '4': 'other',
  '5': 'directory',
  '6': 'other',
};

/**
 * The members of a tar in order: ustar, its pax form (POSIX.1-2001) and GNU's long names. What follows the end of the archive is read, too, so that whoever
 * counts or checks the bytes has seen all.
 *
 * @throws ARCHIVE_INVALID
 */
export async function* readTar(source: ByteSource): AsyncGenerator<TarMember, void> {
  let extra: Extra = {};
  for (;;) {
    const block = await source.take(tarBlockBytes);
    if (block.length === 0)
      throw archiveInvalid('ends without the mark of its end', {
        hint: 'It was cut on its way, or whoever wrote it did not end it.',
      });
    if (block.length < tarBlockBytes) throw cut();
    if (block.every((byte) => byte === 0)) break;
    if (!isTarHeader(block)) throw archiveInvalid('is damaged: the checksum of a header is wrong');
    const type = String.fromCharCode(block[156] ?? 0);
    const size = sizeOf(number(block, 124, 12));
    if ('xgLK'.includes(type)) {
      const bytes = await readExtra(source, size);
      if (type !== 'g') extra = { ...extra, ...extraOf(type, bytes) };
      continue;
    }
    const member = memberOf(block, type, extra);
    extra = {};
    let left = member.size;
    yield {
      ...member,
      async *body() {
        while (left > 0) {
          const piece = await source.some(left);
          if (piece.length === 0) throw cut();
          left -= piece.length;
          yield piece;
        }
      },
    };
    if (left > 0) throw new Error('a member of the archive was not read');
    const padding = paddingOf(member.size);
    if ((await source.take(padding)).length < padding) throw cut();
  }
  while ((await source.some(Number.POSITIVE_INFINITY)).length > 0);
}

/** Whether a block has the checksum of a header. */
export function isTarHeader(block: Buffer): boolean {
  if (block.length < tarBlockBytes || block[0] === 0) return false;
  const told = Number.parseInt(text(block, 148, 8), 8);
  let sum = 0;
  for (let at = 0; at < tarBlockBytes; at += 1) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
  return told === sum;
}

/** What stands before a member about it. */
interface Extra {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: string;
  readonly mtime?: string;
}

function memberOf(block: Buffer, type: string, extra: Extra): Omit<TarMember, 'body'> {
  const isUstar = block.subarray(257, 263).toString('latin1') === 'ustar\0';
  const prefix = isUstar ? utf8(block, 345, 155) : '';
  const written = utf8(block, 0, 100);
  const name = extra.path ?? (prefix === '' ? written : `${prefix}/${written}`);
  const known = kinds[type];
  if (known === undefined)
    throw archiveInvalid(`has the member ${JSON.stringify(name)} of an unknown kind (${JSON.stringify(type)})`, {
      hint: 'Write it without sparse files: tar --format=pax.',
    });
  // Archives older than ustar tell a directory by its name.
  const kind = known === 'file' && name.endsWith('/') ? 'directory' : known;
  return {
    name,
    kind,
    mode: number(block, 100, 8) & 0o7777,
    mtimeSeconds: extra.mtime === undefined ? number(block, 136, 12) : decimal(extra.mtime),
    size: kind !== 'file' ? 0 : sizeOf(extra.size === undefined ? number(block, 124, 12) : decimal(extra.size)),
    target: extra.linkpath ?? utf8(block, 157, 100),
  };
}

async function readExtra(source: ByteSource, size: number): Promise<Buffer> {
  if (size > extraLimit) throw archiveInvalid(`has a name or a fact of ${size} bytes; at most ${extraLimit} are read`);
  const bytes = await source.take(size);
  const padding = paddingOf(size);
  if (bytes.length < size || (await source.take(padding)).length < padding) throw cut();
  return bytes;
}

function extraOf(type: string, bytes: Buffer): Extra {
  if (type === 'L') return { path: utf8(bytes, 0, bytes.length) };
  if (type === 'K') return { linkpath: utf8(bytes, 0, bytes.length) };
  const records: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.subarray(at, space).toString('latin1'));
    const equals = bytes.indexOf(0x3d, space);
    const isWhole = Number.isSafeInteger(length) && length > equals - at && at + length <= bytes.length;
    if (space < 0 || equals < 0 || !isWhole) throw archiveInvalid('is damaged: a fact before a member makes no sense');
    const key = bytes.subarray(space + 1, equals).toString('latin1');
    if (key.startsWith('GNU.sparse.'))
      throw archiveInvalid('has a sparse file', { hint: 'Write it without --sparse.' });
    if (['path', 'linkpath', 'size', 'mtime'].includes(key))
      records[key] = utf8(bytes, equals + 1, length - (equals + 1 - at) - 1);
    at += length;
  }
  return records;
}

function cut(): Error {
  return archiveInvalid('ends in the middle of a member', {
    hint: 'It was cut on its way, or is not whole where it comes from.',
  });
}

function paddingOf(size: number): number {
  return (tarBlockBytes - (size % tarBlockBytes)) % tarBlockBytes;
}

/** Octal digits, or with the first bit set the bytes of a large number. */
function number(block: Buffer, at: number, length: number): number {
  const first = block[at] ?? 0;
  const value =
    (first & 0x80) === 0
      ? octal(text(block, at, length))
      : Number(BigInt.asIntN(length * 8 - 1, BigInt(`0x${block.subarray(at, at + length).toString('hex')}`)));
  if (Number.isSafeInteger(value)) return value;
  throw noNumber();
}

/** What a fact before a member says. */
function decimal(digits: string): number {
  if (/^-?\d{1,15}(?:\.\d*)?$/.test(digits)) return Number(digits);
  throw noNumber();
}

/** Less than nothing would be taken from what the whole may have. */
function sizeOf(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw noNumber();
}

function noNumber(): Error {
  return archiveInvalid('is damaged: a number in a header makes no sense');
}

function octal(digits: string): number {
  const trimmed = digits.trim();
  return /^[0-7]*$/.test(trimmed) ? Number.parseInt(trimmed || '0', 8) : Number.NaN;
}

function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? field.length : end).toString('latin1');
}

function utf8(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      field.subarray(0, end < 0 ? field.length : end),
    );
  } catch (cause) {
    throw archiveInvalid(`has a name that is not UTF-8 (${JSON.stringify(text(block, at, length))})`, {
      hint: 'Name the file in UTF-8, or build from the unpacked directory.',
      cause,
    });
  }
}
