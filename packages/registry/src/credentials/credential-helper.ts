import type { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { DockError, isDockError } from '@dock/core';
import { jsonEntries, parseSecretJson } from './docker-config.js';
import { parseServerUrl } from './server-url.js';

/** What a helper answers: `Username` and `Secret` of its protocol. */
export interface HelperAnswer {
  readonly username: string;
  readonly secret: string;
}

/** How a helper is asked. */
export interface HelperRequest {
  /** `x` of `docker-credential-x`. */
  readonly name: string;
  /** Sent on stdin. */
  readonly serverUrl: string;
  /** Where the name was configured, for messages. */
  readonly origin: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** ms */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const outputLimit = 1024 * 1024;
const notFound = 'credentials not found in native keychain';
/** Time for pipes to close after the helper's exit, ms; a process that it left behind may hold them, and is not waited for. */
const closeGraceMs = 250;

const limitName = 'DOCK_CREDENTIAL_HELPER_TIMEOUT';
/** A person may have to unlock a key ring first, ms. */
const defaultLimitMs = 60_000;

/**
 * How long a helper may take: `DOCK_CREDENTIAL_HELPER_TIMEOUT` in seconds, else a minute.
 *
 * @throws CONFIG_ERROR
 */
export function helperLimitMs(env: HelperRequest['env']): number {
  const text = env[limitName] ?? '';
  if (text === '') return defaultLimitMs;
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (seconds > 0) return seconds * 1000;
  throw new DockError('CONFIG_ERROR', `${limitName} is "${text}", and not a number of seconds.`, {
    hint: `Give whole seconds from 1 to 99999, for instance ${limitName}=120.`,
  });
}

function failed(request: HelperRequest, why: string, retryable = true): DockError {
  const program = `docker-credential-${request.name}`;
  return new DockError(
    'CREDENTIAL_HELPER_FAILED',
    `Credential helper "${program}" (${request.origin}) ${why} when asked for "${request.serverUrl}".`,
    {
      hint: `Run it by hand: echo ${request.serverUrl} | ${program} get. If nothing needs it, take it out of credsStore or credHelpers.`,
      retryable,
      details: { helper: program, server: request.serverUrl },
    },
  );
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

async function findProgram(request: HelperRequest): Promise<string> {
  const dirs = (request.env.PATH ?? '').split(path.delimiter).filter((dir) => path.isAbsolute(dir));
  for (const dir of dirs) {
    const file = path.join(dir, `docker-credential-${request.name}`);
    if (await isExecutable(file)) return file;
  }
  throw failed(request, 'is not on the PATH', false);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function cancelled(signal: AbortSignal): DockError {
  return isDockError(signal.reason)
    ? signal.reason
    : new DockError('CANCELLED', 'Cancelled while a credential helper was asked.', { cause: signal.reason });
}

interface Ended {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  readonly output: string;
}

function run(start: typeof spawn, program: string, request: HelperRequest): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = start(program, ['get'], {
      env: { ...request.env },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let grace: NodeJS.Timeout | undefined;
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      request.signal?.removeEventListener('abort', onAbort);
      child.stdin.destroy();
      child.stdout.destroy();
      act();
    };
    const stop = (error: DockError): void => {
      killGroup(child.pid);
      settle(() => reject(error));
    };
    const timer = setTimeout(
      () => stop(failed(request, `gave no answer in ${request.timeoutMs / 1000} s (${limitName} raises the limit)`)),
      request.timeoutMs,
    );
    const onAbort = (): void => {
      if (request.signal !== undefined) stop(cancelled(request.signal));
    };
    request.signal?.addEventListener('abort', onAbort, { once: true });
    child.on('error', (error: NodeJS.ErrnoException) =>
      settle(() => reject(failed(request, `could not be started (${error.code ?? 'unknown error'})`))),
    );
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > outputLimit) stop(failed(request, 'wrote more than 1 MiB'));
      else chunks.push(chunk);
    });
    const end = (code: number | null, killedBy: NodeJS.Signals | null): void =>
      settle(() => resolve({ code, killedBy, output: Buffer.concat(chunks).toString('utf8') }));
    child.once('exit', (code, killedBy) => {
      grace = setTimeout(() => {
        killGroup(child.pid);
        // One that left the group lives on: the helper itself has said all that it had to say.
        end(code, killedBy);
      }, closeGraceMs);
    });
    child.once('close', end);
    // A helper that does not read its input closes the pipe; its exit tells the rest.
    child.stdin.on('error', () => undefined);
    child.stdin.end(request.serverUrl);
  });
}

function readAnswer(output: string, request: HelperRequest): HelperAnswer {
  const parsed = parseSecretJson(output);
  if ('problem' in parsed) throw failed(request, 'answered with something that is not JSON');
  const fields = new Map(jsonEntries(parsed.value, 'answer', () => failed(request, 'answered with no JSON object')));
  const username = fields.get('Username') ?? '';
  const secret = fields.get('Secret') ?? '';
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw failed(request, 'answered with a "Username" or "Secret" that is not a string');
  return { username, secret };
}

/**
 * Ask a docker credential helper: `docker-credential-<name> get`, server URL on stdin, JSON on stdout, no shell, own process group,
 * killed at the deadline. Its stderr is dropped and its output never shown: both may hold secrets.
 *
 * @returns `undefined` when the helper has nothing for the server
 * @throws CREDENTIAL_HELPER_FAILED, CANCELLED
 */
export async function askCredentialHelper(request: HelperRequest): Promise<HelperAnswer | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(request.name))
    throw new DockError(
      'CREDENTIAL_HELPER_FAILED',
      `Credential helper name ${JSON.stringify(request.name)} (${request.origin}) is not allowed.`,
      { hint: 'A helper name has letters, digits, ".", "_" and "-" only.', retryable: false },
    );
  try {
    parseServerUrl(request.serverUrl);
  } catch (error) {
    throw failed(request, `cannot be asked: ${error instanceof Error ? error.message : String(error)}`, false);
  }
  if (request.signal?.aborted === true) throw cancelled(request.signal);
  const program = await findProgram(request);
  const { spawn } = await import('node:child_process');
  const ended = await run(spawn, program, request);
  if (ended.code === 0) return readAnswer(ended.output, request);
  if (ended.output.trim() === notFound) return undefined;
  throw failed(
    request,
    ended.killedBy === null ? `failed with status ${ended.code}` : `was killed by ${ended.killedBy}`,
  );
}
