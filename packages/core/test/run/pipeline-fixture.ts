import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildRequest } from '../../src/contracts/build-request.js';
import type { EnginePort } from '../../src/contracts/engine-port.js';
import type { DockEvent } from '../../src/contracts/event.js';
import type { PublishedImage } from '../../src/contracts/image.js';
import type { DockPlugin } from '../../src/contracts/plugin.js';
import type { BuildResult } from '../../src/contracts/result.js';
import type { BuildJob, RunnerContext } from '../../src/contracts/runner.js';
import { DockError } from '../../src/errors/dock-error.js';
import { here } from '../../src/run/here.js';
import { createRunId } from '../../src/run/run-pipeline.js';
import { targetName } from '../../src/run/run-record.js';
import { builtImage } from '../hooks/fixtures.js';

/** What one run left for a test to look at. */
export interface Trial {
  readonly result: BuildResult;
  readonly events: readonly DockEvent[];
  /** The result as written to disk. */
  readonly written: BuildResult;
  /** The log as written to disk. */
  readonly log: readonly DockEvent[];
  /** Calls of the engine: `tag NAME`, `build`, … */
  readonly calls: readonly string[];
}

/** An engine that builds one image and notes what it is asked: the real one is for the rig's tests. */
export function notingEngine(calls: string[], overrides: Partial<EnginePort> = {}): EnginePort {
  const engine: Partial<EnginePort> = {
    endpoint: { url: 'unix:///none', origin: 'test' },
    describe: async () => ({
      id: 'e',
      version: '1',
      apiVersion: '1.41',
      platform: 'linux/amd64',
      store: 'classic',
      hasBuildkit: true,
      rootDir: '/',
      insecureRegistries: [],
      registryMirrors: [],
      securityOptions: [],
    }),
    build: async () => {
      calls.push('build');
      return builtImage();
    },
    builtImage: async (id) => ({
      ...builtImage(),
      place: { kind: 'engine', id, store: 'classic' },
      id,
      configDigest: id,
    }),
    tagImage: async (_, reference) => {
      calls.push(`tag ${targetName(reference)}`);
    },
    close: async () => {
      calls.push('close');
    },
    ...overrides,
  };
  return engine as EnginePort;
}

/** Run the real pipeline on a directory with a Dockerfile. */
export async function tryRun(
  plugins: readonly DockPlugin[],
  options: {
    request?: Partial<BuildRequest>;
    engine?: Partial<EnginePort>;
    connect?: () => Promise<EnginePort>;
    context?: Partial<RunnerContext>;
    job?: Partial<BuildJob>;
    dockerfile?: string;
    /** Called before the run with the directory of its log and result. */
    prepare?: (runDirectory: string) => void;
  } = {},
): Promise<Trial> {
  const directory = mkdtempSync(join(tmpdir(), 'dock-core-'));
  const source = join(directory, 'source');
  const events: DockEvent[] = [];
  const calls: string[] = [];
  try {
    const { mkdirSync } = await import('node:fs');
    mkdirSync(source);
    writeFileSync(join(source, 'Dockerfile'), options.dockerfile ?? 'FROM scratch\nCOPY . /\n');
    const runId = createRunId();
    const stateDir = join(directory, 'state');
    options.prepare?.(join(stateDir, runId));
    const result = await here().run(
      {
        request: { source: { kind: 'path', path: source }, tags: ['hello:1'], ...options.request },
        plugins,
        ...options.job,
      },
      {
        runId,
        cwd: directory,
        env: { PATH: process.env['PATH'] },
        tempDir: join(directory, 'temp'),
        stateDir,
        connectEngine: options.connect ?? (async () => notingEngine(calls, options.engine)),
        onEvent: (event) => events.push(event),
        ...options.context,
      },
    );
    const written = JSON.parse(textOf(join(stateDir, runId, 'result.json')) || 'null') as BuildResult;
    const log = textOf(join(stateDir, runId, 'events.ndjson'))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as DockEvent);
    return { result, events, written, log, calls };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a regular file holds; nothing when there is none. */
function textOf(path: string): string {
  return existsSync(path) && lstatSync(path).isFile() ? readFileSync(path, 'utf8') : '';
}

/** A plugin from its name and taps. */
export function plugin(name: string, apply: DockPlugin['apply'], extra: Partial<DockPlugin> = {}): DockPlugin {
  return { name, apply, ...extra };
}

/** A plugin that says that it pushed everything it was asked for. */
export function pretendPush(
  outcome: (image: PublishedImage) => PublishedImage | undefined = (image) => image,
): DockPlugin {
  return plugin(
    'push',
    (dock) => {
      dock.hooks.push.tap('push', (published, references) => [
        ...published,
        ...references.flatMap((reference) => {
          const image = outcome({
            reference,
            name: targetName(reference),
            registry: reference.registry,
            digest: `sha256:${'b'.repeat(64)}`,
            attempts: 1,
            confirmedBy: 'engine',
            isVerified: true,
            durationMs: 1,
          });
          return image === undefined ? [] : [image];
        }),
      ]);
    },
    { publishes: true },
  );
}

/** An error of dock. */
export const refusal = () => new DockError('GATE_FAILED', 'the gate says no');
