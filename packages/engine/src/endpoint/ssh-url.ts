import { parseGoUrl } from '@dock/core/internal';

/** What an `ssh://` engine host says. */
export interface SshUrl {
  readonly user?: string;
  readonly host: string;
  readonly port?: string;
  /** Path of the socket on the far side. */
  readonly path?: string;
}

function splitUrl(text: string): SshUrl {
  const url = parseGoUrl(text);
  if (url.scheme === '') throw new TypeError('no scheme provided');
  if (url.scheme !== 'ssh') throw new TypeError(`incorrect scheme: ${url.scheme}`);
  if (url.password !== undefined) throw new TypeError('plain-text password is not supported');
  if (url.hostname === '') throw new TypeError('hostname is empty');
  if (url.query !== '') throw new TypeError(`query parameters are not allowed: ${JSON.stringify(url.query)}`);
  if (url.fragment !== '') throw new TypeError(`fragments are not allowed: ${JSON.stringify(url.fragment)}`);
  return {
    ...(url.username === undefined || url.username === '' ? {} : { user: url.username }),
    host: url.hostname,
    ...(url.port === '' ? {} : { port: url.port }),
    ...(url.path === '' ? {} : { path: url.path }),
  };
}

/**
 * Read an `ssh://` engine host by the rules of docker/cli (`connhelper/ssh`): no password, query or fragment.
 *
 * @throws TypeError with the docker CLI's message
 */
export function parseSshUrl(text: string): SshUrl {
  try {
    return splitUrl(text);
  } catch (error) {
    throw new TypeError(`invalid SSH URL: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** One word for a POSIX shell: quoted only where needed. */
export function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_./:,@%+^-]+$/.test(word)) return word;
  if (!word.includes("'")) return `'${word}'`;
  return `"${word.replaceAll(/["\\`$]/g, String.raw`\$&`)}"`;
}

/** Arguments for `ssh`: `--` stands before the host, so that a host cannot be an option; a remote command is one quoted word. */
export function sshArguments(url: SshUrl, remoteCommand: readonly string[] = []): string[] {
  return [
    ...(url.user === undefined ? [] : ['-l', quoteWord(url.user)]),
    ...(url.port === undefined ? [] : ['-p', url.port]),
    '--',
    quoteWord(url.host),
    ...(remoteCommand.length === 0 ? [] : [remoteCommand.map(quoteWord).join(' ')]),
  ];
}
