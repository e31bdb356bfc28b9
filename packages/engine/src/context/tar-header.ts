/** What a tar header says. */
export interface TarMember {
  readonly path: string;
  readonly type: 'file' | 'link' | 'symlink' | 'directory';
  readonly mode: number;
  /** Bytes of the body. */
  readonly size: number;
  readonly mtimeSeconds: number;
  /** Target of a link. */
  readonly target?: string;
}

const blockSize = 512;
const typeFlags = { file: '0', link: '1', symlink: '2', directory: '5' } as const;

/**
 * The header blocks of one member: a ustar header, with a PAX header before it for whatever ustar cannot say (POSIX.1-2001, pax interchange format).
 * Owner is always root, as the docker CLI sends contexts.
 */
export function tarHeader(member: TarMember): Buffer {
  const path = member.type === 'directory' ? `${member.path}/` : member.path;
  const records: Record<string, string> = {};
  if (!fits(path, 100)) records['path'] = path;
  if (member.target !== undefined && !fits(member.target, 100)) records['linkpath'] = member.target;
  if (member.size > 0o77777777777) records['size'] = String(member.size);
  if (member.mtimeSeconds < 0 || member.mtimeSeconds > 0o77777777777) records['mtime'] = String(member.mtimeSeconds);
  const header = ustarBlock(path, member, typeFlags[member.type]);
  if (Object.keys(records).length === 0) return header;
  const body = Buffer.concat(Object.entries(records).map(([key, value]) => paxRecord(key, value)));
  const paxHeader = ustarBlock('PaxHeader', { ...member, size: body.length, mode: 0o644, target: '' }, 'x');
  return Buffer.concat([paxHeader, body, tarPadding(body.length), header]);
}

/** The zeros that fill a body up to a whole block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((blockSize - (size % blockSize)) % blockSize);
}

/** Two zero blocks: the end of an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockSize);

function fits(text: string, bytes: number): boolean {
  return text.length <= bytes && /^[\x20-\x7e]*$/.test(text);
}

function ustarBlock(path: string, member: Omit<TarMember, 'path' | 'type'>, typeFlag: string): Buffer {
  const block = Buffer.alloc(blockSize);
  block.write(path, 0, 100, 'utf8');
  writeOctal(block, 100, 8, member.mode);
  writeOctal(block, 108, 8, 0);
  writeOctal(block, 116, 8, 0);
  writeOctal(block, 124, 12, member.size);
  writeOctal(block, 136, 12, member.mtimeSeconds);
  block.write('        ', 148, 8, 'latin1');
  block.write(typeFlag, 156, 1, 'latin1');
  if (member.target !== undefined) block.write(member.target, 157, 100, 'utf8');
  block.write('ustar\x0000', 257, 8, 'latin1');
  let sum = 0;
  for (let at = 0; at < blockSize; at += 1) sum += block[at] ?? 0;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
  return block;
}

/** What does not fit is 0 here and stands in the PAX header. */
function writeOctal(block: Buffer, at: number, length: number, value: number): void {
  const digits = value < 0 ? '0' : value.toString(8);
  block.write((digits.length >= length ? '0' : digits).padStart(length - 1, '0'), at, length - 1, 'latin1');
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}
