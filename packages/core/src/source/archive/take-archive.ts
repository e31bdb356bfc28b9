import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import type { ContextLimits } from '../../context/context-entry.js';
import type { Checkout, SourceRequest } from '../../contracts/checkout.js';
import { decodeDockerfile } from '../../dockerfile/bytes.js';
import { DockError, isDockError } from '../../errors/dock-error.js';
import { quotePath } from '../../context/quote-path.js';
import { isSafeFor } from '../git-origin.js';
import { gitSecrets } from '../git-secrets.js';
import { redactCredentials } from '../git-url.js';
import { largestDockerfile } from '../read-dockerfile.js';
import { sourceDeadline, type SourceDeadline } from '../source-deadline.js';
import type { SourceNeeds } from '../source-needs.js';
import { archiveInvalid } from './archive-invalid.js';
import { type ArchiveKind, archiveKind, kindBytes } from './archive-kind.js';
import { ByteSource } from './byte-source.js';
import { checkArchiveFile } from './check-archive-file.js';
import { brokenOff, download, urlOf } from './download.js';
import { loginOf } from './login-of.js';
import { proxyLogins } from './proxy.js';
import { unpackTar } from './unpack-tar.js';

/** A request for an archive. */
export type ArchiveRequest = Extract<SourceRequest, { kind: 'archive' | 'archive-file' }>;

/**
 * Takes a tar, or a Dockerfile alone, from a URL or a file, as docker does: which of them it is, its bytes say.
 *
 * @throws SOURCE_NOT_FOUND, AUTH_FAILED, SOURCE_DOWNLOAD_FAILED, ARCHIVE_INVALID, CONTEXT_TOO_LARGE, DOCKERFILE_INVALID, TIMEOUT, CANCELLED
 */
export async function takeArchive(request: ArchiveRequest, context: SourceNeeds, limitMs: number): Promise<Checkout> {
  const deadline = sourceDeadline(context.signal, limitMs, 'dock');
  const shown = 'url' in request ? redactCredentials(request.url) : request.file;
  const doing = `download "${shown}"`;
  const credentials = 'url' in request ? loginOf(request.url) : undefined;
  const logins = 'url' in request ? [credentials, ...proxyLogins(context.env)] : [];
  for (const login of logins)
    for (const secret of gitSecrets(login === undefined ? {} : { credentials: login })) context.addSecret(secret);
  deadline.check(doing);
  if ('url' in request) {
    if (!isSafeFor(urlOf(request.url)?.origin ?? '')) warnOfHttp(shown, credentials !== undefined, context);
    context.logger.info(`Downloading "${shown}"`);
  }
  const opened = await open(request, { context, deadline });
  const counted = count(opened);
  const source = new ByteSource(counted.bytes);
  try {
    const check = () => deadline.check(doing);
    const directory = join(await realpath(context.workDir), 'archive');
    await mkdir(directory, { mode: 0o755 });
    const taken = await take(source, shown, { directory, check, context, limits: limitsOf(context) });
    // What follows the archive belongs to the digest, too.
    while ((await source.some(Number.POSITIVE_INFINITY)).length > 0) check();
    const archive = { ...('url' in request ? { url: shown } : {}), ...counted.facts() };
    context.logger.info(`Took ${archive.bytes} bytes with the digest ${archive.digest}`);
    return { kind: 'archive', directory, contextDir: directory, archive, ...taken };
  } catch (error) {
    deadline.check(doing);
    if (isDockError(error)) throw error;
    // The fault of a disk is not one of the way.
    if ('url' in request && opened.errored !== null) throw brokenOff(request.url, error);
    throw error;
  } finally {
    opened.destroy();
  }
}

/** @throws INVALID_OPTION for credentials */
function warnOfHttp(shown: string, hasCredentials: boolean, { warn }: Pick<SourceNeeds, 'warn'>): void {
  const hint = 'Use https.';
  if (hasCredentials)
    throw new DockError(
      'INVALID_OPTION',
      `The URL "${shown}" has credentials, and http would show them to the network.`,
      { hint },
    );
  warn(`The source "${shown}" comes by http: whoever is on the way can change it.`, { hint });
}

interface Taking {
  readonly directory: string;
  readonly check: () => void;
  readonly context: Pick<SourceNeeds, 'warn'>;
  readonly limits: ContextLimits;
}

async function take(source: ByteSource, shown: string, options: Taking): Promise<Pick<Checkout, 'dockerfileText'>> {
  const kind = archiveKind(await source.peek(kindBytes));
  if (kind === 'none') return { dockerfileText: await readText(source, shown) };
  if (kind === 'tar') await unpack(source, options);
  else if (kind === 'gzip') await unpackGzip(source, options);
  else throw unknown(kind);
  return {};
}

async function unpackGzip(source: ByteSource, options: Taking): Promise<void> {
  const { createGunzip } = await import('node:zlib');
  // Its failure comes out of the reader below.
  const plain = pipeline(source.rest(), createGunzip(), () => undefined);
  try {
    const inner = new ByteSource(plain as AsyncIterable<Buffer>);
    const head = await inner.peek(kindBytes);
    const isEnd = head.length === kindBytes && head.every((byte) => byte === 0);
    if (archiveKind(head) !== 'tar' && !isEnd)
      throw archiveInvalid('is compressed by gzip, and what is in it is no tar');
    await unpack(inner, options);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code.startsWith('Z_'))
      throw archiveInvalid('is damaged: it cannot be uncompressed', {
        hint: 'It was cut on its way, or is not whole where it comes from.',
        cause: error,
      });
    throw error;
  } finally {
    plain.destroy();
  }
}

async function unpack(source: ByteSource, { directory, check, context, limits }: Taking): Promise<void> {
  const leftOut = await unpackTar(source, directory, { limits, check });
  if (leftOut.length === 0) return;
  context.warn(`Devices and FIFOs of the archive are left out: ${leftOut.map(quotePath).join(', ')}.`);
}

async function readText(source: ByteSource, shown: string): Promise<string> {
  const bytes = await source.peek(largestDockerfile + 1);
  if (/^\s*<(?:!doctype )?html/i.test(bytes.subarray(0, 1024).toString('latin1')))
    throw new DockError(
      'SOURCE_NOT_FOUND',
      `The source "${shown}" is a web page, neither an archive nor a Dockerfile.`,
      {
        hint: `The URL of a git repository ends in ".git": ${shown.replace(/\/?([?#].*)?$/, '.git$1')}`,
      },
    );
  if (bytes.length === 0) throw new DockError('DOCKERFILE_INVALID', `The source "${shown}" is empty.`);
  if (bytes.length > largestDockerfile)
    throw new DockError(
      'DOCKERFILE_INVALID',
      `The source is no archive that dock knows, and has more than the ${largestDockerfile} bytes of a Dockerfile.`,
      { hint: 'Archives are a tar, plain or by gzip. A git URL ends in ".git".' },
    );
  return decodeDockerfile(bytes);
}

function unknown(kind: ArchiveKind): DockError {
  const tool = kind === 'zip' ? 'unzip -p' : `${kind} -dc`;
  return archiveInvalid(`is of the kind ${kind}, which dock does not read`, {
    hint:
      kind === 'zip'
        ? 'Write a tar: unpack it, then tar -czf context.tar.gz -C DIRECTORY .'
        : `Write it by gzip: ${tool} context.tar.${kind} | gzip > context.tar.gz, or pipe it: ${tool} FILE | dock build -`,
  });
}

async function open(
  request: ArchiveRequest,
  { context, deadline }: { readonly context: SourceNeeds; readonly deadline: SourceDeadline },
): Promise<Readable> {
  if ('url' in request) return download(request.url, { deadline, env: context.env });
  await checkArchiveFile(request.file);
  return createReadStream(request.file, { signal: deadline.signal });
}

/** The bytes as they come, and what they were once all have come. */
function count(stream: Readable) {
  const hash = createHash('sha256');
  let size = 0;
  const bytes = (async function* () {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  })();
  return { bytes, facts: () => ({ digest: `sha256:${hash.digest('hex')}`, bytes: size }) };
}

function limitsOf({ maxContextBytes }: SourceNeeds): ContextLimits {
  return maxContextBytes === undefined ? {} : { maxBytes: maxContextBytes };
}
