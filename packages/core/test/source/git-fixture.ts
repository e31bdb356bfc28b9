import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EnginePort } from '../../src/contracts/engine-port.js';
import type { RegistryPort } from '../../src/contracts/registry-port.js';
import type { SourceContext } from '../../src/contracts/run-context.js';
import { type DockError, isDockError } from '../../src/errors/dock-error.js';
import { registryCalls } from '../../src/run/connect-to-registry.js';
import { portOf } from '../../src/run/port-of.js';

/** Runs git for a test, away from the machine's config. */
export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@localhost',
      GIT_AUTHOR_DATE: '2024-05-06T07:08:09+02:00',
      GIT_COMMITTER_NAME: 'Cy',
      GIT_COMMITTER_EMAIL: 'cy@localhost',
      GIT_COMMITTER_DATE: '2024-06-06T07:08:09+02:00',
    },
  }).trim();
}

/** Files of a work tree: text, or a link. */
export type Files = Readonly<Record<string, string | { readonly link: string }>>;

/** Writes files and commits them. Returns the SHA. */
export function commit(directory: string, files: Files): string {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    if (typeof content === 'string') writeFileSync(path, content);
    else symlinkSync(content.link, path);
  }
  git(directory, 'add', '--all');
  git(directory, 'commit', '--quiet', '--allow-empty', '--message', 'change');
  return git(directory, 'rev-parse', 'HEAD');
}

/** A repository with one commit on `main`. */
export function repository(directory: string, files: Files = { Dockerfile: 'FROM scratch\n' }): string {
  mkdirSync(directory, { recursive: true });
  git(directory, 'init', '--quiet', '--initial-branch=main');
  return commit(directory, files);
}

/** A source has no business with the engine. */
const noEngine = new Proxy({} as EnginePort, {
  get: () => {
    throw new Error('a source called the engine');
  },
});

const noRegistry = portOf<RegistryPort>(registryCalls, async () =>
  Promise.reject(new Error('a source asks no registry')),
);

/** One temporary directory of a test. */
export interface Place {
  readonly directory: string;
  path(...parts: readonly string[]): string;
  /** The context of a source hook, with a fresh work directory; `env` is all that the source sees of an environment. */
  context(overrides?: Partial<SourceContext>): NotingContext;
  /** Throws when a process of the test is left. */
  remove(): void;
}

/** A context that keeps what it is told. */
export type NotingContext = SourceContext & {
  readonly lines: string[];
  readonly warnings: string[];
  readonly secrets: string[];
};

export function place(): Place {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'dock-source-')));
  let works = 0;
  return {
    directory,
    path: (...parts) => join(directory, ...parts),
    context: (overrides = {}) => {
      works += 1;
      const workDir = join(directory, `work-${works}`);
      mkdirSync(workDir, { mode: 0o700 });
      const [lines, warnings, secrets]: string[][] = [[], [], []];
      const note = (line: string) => lines?.push(line);
      return {
        runId: 'test',
        cwd: directory,
        env: { PATH: process.env['PATH'] },
        startedAt: new Date(0).toISOString(),
        logger: { debug: note, info: note, warn: note, error: note },
        signal: new AbortController().signal,
        engine: noEngine,
        registry: noRegistry,
        isPublishing: false,
        report: () => undefined,
        warn: (message: string) => warnings?.push(message),
        addSecret: (value: string) => secrets?.push(value),
        emit: () => undefined,
        onCleanup: () => undefined,
        request: { kind: 'path', path: '.' },
        workDir,
        lines: lines ?? [],
        warnings: warnings ?? [],
        secrets: secrets ?? [],
        ...overrides,
      };
    },
    remove: () => {
      let left = processesOf(directory);
      // What was killed is gone a moment later.
      for (let looks = 0; left.length > 0 && looks < 50; looks += 1) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        left = processesOf(directory);
      }
      rmSync(directory, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`a test left processes: ${left.join('; ')}`);
    },
  };
}

/** A server on loopback. */
export interface TestServer {
  readonly url: string;
  /** Method, path and authorization of every request. */
  readonly requests: { readonly line: string; readonly authorization: string | undefined }[];
  close(): Promise<void>;
}

/** Serves with any listener. */
export async function serve(listener: RequestListener): Promise<TestServer> {
  const requests: TestServer['requests'] = [];
  const server: Server = createServer((incoming, outgoing) => {
    requests.push({ line: `${incoming.method} ${incoming.url}`, authorization: incoming.headers.authorization });
    listener(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** `git http-backend` for the repositories under a directory; `config` goes to the server's git. */
export function backend(
  root: string,
  config: Readonly<Record<string, string>> = {},
  protocol?: string,
): RequestListener {
  return (incoming, outgoing) => {
    const { pathname, search } = new URL(incoming.url ?? '/', 'http://localhost');
    const child = spawn('git', ['http-backend'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'],
        HOME: root,
        GIT_PROJECT_ROOT: root,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: incoming.method,
        PATH_INFO: decodeURIComponent(pathname),
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: incoming.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: incoming.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: protocol ?? String(incoming.headers['git-protocol'] ?? ''),
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_COUNT: String(Object.keys(config).length + 1),
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
        ...Object.fromEntries(
          Object.entries(config).flatMap(([key, value], index) => [
            [`GIT_CONFIG_KEY_${index + 1}`, key],
            [`GIT_CONFIG_VALUE_${index + 1}`, value],
          ]),
        ),
      },
    });
    incoming.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('close', () => answer(Buffer.concat(chunks), outgoing));
  };
}

function answer(output: Buffer, outgoing: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const fields = output
    .subarray(0, end)
    .toString()
    .split('\r\n')
    .map((line) => line.split(': ', 2));
  const status = fields.find(([name]) => name === 'Status')?.[1] ?? '200';
  outgoing.writeHead(Number.parseInt(status, 10), Object.fromEntries(fields.filter(([name]) => name !== 'Status')));
  outgoing.end(output.subarray(end + 4));
}

/** Lets only one user in. */
export function guarded(user: string, password: string, listener: RequestListener): RequestListener {
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (incoming.headers.authorization === expected) return listener(incoming, outgoing);
    outgoing.writeHead(401, { 'WWW-Authenticate': 'Basic realm="test"' }).end();
  };
}

/** Processes whose command line or environment names a directory. */
export function processesOf(directory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const about = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8')).join('\0');
        const isThere = about.includes(directory) || realpathSync(`/proc/${pid}/cwd`).startsWith(directory);
        return isThere ? [about.replaceAll('\0', ' ').slice(0, 200)] : [];
      } catch {
        return [];
      }
    });
}

/** The DockError that a call ends with; any other end fails the test. */
export async function failure(work: Promise<unknown>): Promise<DockError> {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (isDockError(error)) return error;
  throw error;
}

/** An environment whose `git` is a script; `real` in it is git itself. */
export function fakeGitIn(here: Place, script: string): Record<string, string> {
  const bin = here.path('bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nreal() { PATH="\${PATH#*:}" exec git "$@"; }\n${script}\n`);
  chmodSync(join(bin, 'git'), 0o755);
  return { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
}
