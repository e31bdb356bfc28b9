import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { DockError, isDockError } from '../../errors/dock-error.js';
import { redactCredentials } from '../git-url.js';
import type { SourceDeadline } from '../source-deadline.js';
import { ask, basic, ProxyRefusal } from './ask.js';
import { loginOf } from './login-of.js';

/** Redirects that are followed, as curl's users know it. */
const redirectLimit = 10;

/** What {@link download} needs beside the URL. */
export interface DownloadOptions {
  readonly deadline: SourceDeadline;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Opens what a URL leads to. User and password of the URL are shown to its own host, scheme and port alone; a redirect never leads from https to http.
 *
 * @returns the body, which has to be read or destroyed
 * @throws SOURCE_NOT_FOUND, AUTH_FAILED, SOURCE_DOWNLOAD_FAILED
 */
export async function download(text: string, options: DownloadOptions): Promise<IncomingMessage> {
  const shown = redactCredentials(text);
  const first = urlOf(text);
  if (first === null || !/^https?:$/.test(first.protocol))
    throw new DockError('USAGE', `The source "${shown}" is not a URL of http or https.`, {
      hint: 'Write https://HOST/context.tar.gz.',
    });
  const credentials = loginOf(text);
  const login = credentials === undefined ? undefined : basic(credentials);
  const ca = await authorities(options.env);
  let at = first;
  for (let turns = 0; turns <= redirectLimit; turns += 1) {
    const isOwn = at.origin === first.origin;
    const answer = await ask(at, {
      login: isOwn ? login : undefined,
      ca,
      signal: options.deadline.signal,
      env: options.env,
    }).catch((cause: unknown) => {
      if (isDockError(cause)) throw cause;
      options.deadline.check(`download "${shown}"`);
      throw noConnection(shown, at, cause);
    });
    const { statusCode: status = 0, headers } = answer;
    if (status === 200) return answer;
    answer.destroy();
    const next = status >= 300 && status < 400 && headers.location !== undefined ? urlOf(headers.location, at) : null;
    if (next === null) throw refused(shown, at, status, login !== undefined && isOwn);
    if (next.protocol !== 'https:' && (next.protocol !== 'http:' || at.protocol === 'https:'))
      throw failed(
        shown,
        `was redirected from ${at.protocol}// to ${next.protocol}//`,
        'A redirect may not take the protection of https away.',
        false,
      );
    at = next;
  }
  throw failed(shown, `was redirected more than ${redirectLimit} times`, 'Name the URL that it leads to.', false);
}

export function urlOf(text: string, base?: URL): URL | null {
  return URL.canParse(text, base?.href) ? new URL(text, base) : null;
}

/** Node's own roots, and those of the file that git is told of, too. */
async function authorities(env: DownloadOptions['env']): Promise<readonly string[] | undefined> {
  const file = env['GIT_SSL_CAINFO'];
  if (file === undefined || file === '') return undefined;
  const more = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new DockError('INVALID_OPTION', `The file "${file}" of GIT_SSL_CAINFO cannot be read.`, { cause });
  });
  const { rootCertificates } = await import('node:tls');
  return [...rootCertificates, more];
}

function failed(shown: string, why: string, hint?: string, retryable = true, cause?: unknown): DockError {
  return new DockError('SOURCE_DOWNLOAD_FAILED', `The source "${shown}" ${why}.`, {
    retryable,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  });
}

function refused(shown: string, { host }: URL, status: number, wasSent: boolean): DockError {
  if (status === 404 || status === 410)
    return new DockError('SOURCE_NOT_FOUND', `The source "${shown}" is not there: "${host}" answered ${status}.`, {
      hint: 'Check the URL. For a private one, write https://USER:TOKEN@HOST/…',
    });
  if (status === 401 || status === 403 || status === 407)
    return new DockError(
      'AUTH_FAILED',
      `The server "${host}" refused access to the source "${shown}" (${status}); ${wasSent ? 'the credentials of the URL were sent' : 'no credentials were sent'}.`,
      { hint: 'Write https://USER:TOKEN@HOST/…; credentials go to that host alone.' },
    );
  return failed(
    shown,
    `could not be downloaded: "${host}" answered ${status}`,
    undefined,
    status >= 500 || status === 429,
  );
}

const certificateHints: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'The certificate has expired: renew it, or set the clock of this machine.',
  CERT_NOT_YET_VALID: 'The certificate is not valid yet: set the clock of this machine.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another name: use the name that it has.',
};
const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
]);

function noConnection(shown: string, { host }: URL, cause: unknown): DockError {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (cause instanceof ProxyRefusal)
    return failed(
      shown,
      `could not be downloaded: ${message}`,
      'Check HTTPS_PROXY (for http, HTTP_PROXY) and its http://USER:PASSWORD@HOST:PORT, or name the server in NO_PROXY.',
      true,
      cause,
    );
  const hint = unknownAuthority.has(code)
    ? 'Name the file with the certificate of its authority in NODE_EXTRA_CA_CERTS, or in GIT_SSL_CAINFO.'
    : certificateHints[code];
  return failed(shown, `could not be downloaded from "${host}": ${message}`, hint, hint === undefined, cause);
}

/** A download that broke off, in the words of {@link download}. */
export function brokenOff(text: string, cause: unknown): DockError {
  return failed(
    redactCredentials(text),
    `could not be downloaded whole: ${(cause as Error).message}`,
    undefined,
    true,
    cause,
  );
}
