import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { DockError, isDockError } from '@dock/core';
import { LineTail, pingEngine } from '@dock/engine';
import { isListening, needsContainerd, prepareContainerd } from './containerd.js';
import { prepareControlGroups } from './control-groups.js';
import { daemonArguments, daemonEnvironment, engineRelease } from './daemon-command.js';
import { type DaemonEnd, type DaemonProcess, startDaemon, untilReady } from './daemon-process.js';
import { enginePlaces, type InnerEngineSettings } from './inner-engine-settings.js';

/** Lines of the engine's log that an error shows. */
const shownLines = 20;
/** How long it may take to end after SIGTERM, ms. */
const stopMs = 10_000;
/** The same without containerd, ms: it cannot stop anything any more. */
const lostMs = 500;

const dockerdProgram = 'dockerd';
/** The first release whose engine can keep its images in containerd's store. */
const firstWithStore = 24;
/** How long it may take to say its version, ms. */
const versionMs = 5000;

/** An engine that runs beside the pipeline. */
export interface InnerEngine {
  readonly socketPath: string;
  /** The last lines of its log. */
  lastLines(): readonly string[];
  /** Settles when it has ended, for whatever reason; says how. */
  readonly ended: Promise<string>;
  /** SIGTERM, then SIGKILL to one that does not end in time. May be called twice. @param graceMs @default 10 000 */
  stop(graceMs?: number): Promise<void>;
}

/** What {@link startInnerEngine} needs beside its settings. */
export interface InnerEngineSurroundings {
  /** The environment of the job: the engine gets its proxies and its PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Whether it keeps its images in containerd's store: what the classic one cannot hold is asked for. */
  readonly hasContainerdStore?: boolean;
  /** Takes what is worth a warning. */
  readonly warn?: (message: string) => void;
}

/**
 * Start dockerd in this container, with the containerd that it needs, and wait until it answers.
 *
 * @throws BUILD_IMAGE_NO_ENGINE when there is no dockerd, INNER_DAEMON_FAILED with its last lines when it ends or does not answer in time
 */
export async function startInnerEngine(
  settings: InnerEngineSettings,
  { env, signal, warn, hasContainerdStore = false }: InnerEngineSurroundings,
): Promise<InnerEngine> {
  const missing = await prepare(hasContainerdStore);
  if (missing.length > 0)
    warn?.(`The engine inside has to do without the control group controllers ${missing.join(', ')}.`);
  const start: Start = {
    settings,
    env: daemonEnvironment(env, settings),
    tail: new LineTail(shownLines),
    deadline: performance.now() + settings.startTimeoutMs,
    signal,
  };
  // Asked while containerd comes up, so it costs no time.
  const release = askRelease(start.env);
  if (hasContainerdStore) refuseOldRelease(await release);
  const containerd = needsContainerd(settings) ? await startContainerd(start) : undefined;
  const containerdSocket = containerd === undefined ? undefined : enginePlaces.containerd;
  const args = daemonArguments(settings, containerdSocket);
  const dockerEnv = daemonEnvironment(env, settings, await release);
  const dockerd = startDaemon({ program: dockerdProgram, args, env: dockerEnv }, start.tail);
  let isStopping = false;
  const stopAll = async (graceMs = stopMs): Promise<void> => {
    isStopping = true;
    const until = performance.now() + graceMs;
    // It stops its containers by containerd.
    await dockerd.stop(graceMs);
    await containerd?.stop(Math.max(0, until - performance.now()));
  };
  // A dockerd that has lost it waits for it for ever.
  let lost = '';
  void containerd?.ended.then(async ({ how }) => {
    if (isStopping) return;
    lost = `, because its containerd ended with ${how}`;
    await dockerd.stop(lostMs);
  });
  try {
    const ended = dockerd.ended.then((end) => ({ ...end, how: `${end.how}${lost}` }));
    await untilAnswers({ ended }, start);
    return {
      socketPath: enginePlaces.socket,
      lastLines: () => start.tail.lines(),
      ended: ended.then(({ how }) => how),
      stop: stopAll,
    };
  } catch (error) {
    await stopAll(1000);
    throw error;
  }
}

/** Which release dockerd is; `undefined` when it does not say, which is found out when it is started. */
async function askRelease(env: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile(dockerdProgram, ['--version'], { env, timeout: versionMs }, (_, stdout) => resolve(engineRelease(stdout)));
  });
}

/** What both daemons are started with. */
interface Start {
  readonly settings: InnerEngineSettings;
  readonly env: Record<string, string>;
  readonly tail: LineTail;
  /** `performance.now()` */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/** @returns `undefined` when the build image has none under this name: dockerd looks for its own then */
async function startContainerd({ settings, env, tail, ...waiting }: Start): Promise<DaemonProcess | undefined> {
  const containerd = startDaemon(await prepareContainerd(settings, env), tail);
  try {
    const isReady = () => isListening(enginePlaces.containerd);
    const end = await untilReady(containerd, { ...waiting, isReady });
    if (end === undefined) return containerd;
    if (end !== 'late' && end.isMissing) return undefined;
    throw startFailure('The containerd of the engine inside', end, { settings, tail });
  } catch (error) {
    await containerd.stop(1000);
    throw error;
  }
}

async function untilAnswers(
  dockerd: Pick<DaemonProcess, 'ended'>,
  { settings, tail, deadline, signal }: Start,
): Promise<void> {
  const { socket } = enginePlaces;
  const endpoint = {
    kind: 'unix',
    socketPath: socket,
    url: `unix://${socket}`,
    origin: 'the build container',
  } as const;
  const isReady = async (): Promise<boolean> => {
    try {
      await pingEngine(endpoint, { timeoutMs: 2000, ...(signal === undefined ? {} : { signal }) });
      return true;
    } catch (error) {
      if (isDockError(error) && ['DAEMON_UNREACHABLE', 'TIMEOUT', 'DAEMON_LOST'].includes(error.code)) return false;
      throw error;
    }
  };
  const end = await untilReady(dockerd, { deadline, signal, isReady });
  if (end === undefined) return;
  if (end !== 'late' && end.isMissing)
    throw new DockError('BUILD_IMAGE_NO_ENGINE', 'The build image has no "dockerd".');
  throw startFailure('The engine inside', end, { settings, tail });
}

/** @throws OPTION_UNSUPPORTED */
function refuseOldRelease(release: number | undefined): void {
  if (release === undefined || release >= firstWithStore) return;
  throw new DockError(
    'OPTION_UNSUPPORTED',
    `The build asks for what only the containerd store can hold, and the engine of the build image, release ${release}, has none.`,
    { hint: `Put Engine ${firstWithStore} or later into the build image, or use another builder (--builder).` },
  );
}

async function prepare(hasContainerdStore: boolean): Promise<readonly string[]> {
  await mkdir(enginePlaces.root, { recursive: true, mode: 0o711 });
  const config = hasContainerdStore ? { features: { 'containerd-snapshotter': true } } : {};
  await writeFile(enginePlaces.config, `${JSON.stringify(config)}\n`);
  try {
    return await prepareControlGroups();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new DockError(
      'INNER_DAEMON_FAILED',
      `The control groups of the build container cannot be made ready for an engine: ${message.trim()}.`,
      {
        cause: error,
        hint: 'The build container needs --privileged, or CAP_SYS_ADMIN without seccomp and AppArmor profiles.',
      },
    );
  }
}

function startFailure(
  what: string,
  end: DaemonEnd | 'late',
  { settings, tail }: Pick<Start, 'settings' | 'tail'>,
): DockError {
  return end === 'late'
    ? innerFailure(`${what} did not answer in ${settings.startTimeoutMs / 1000} s`, tail)
    : innerFailure(`${what} ended with ${end.how} before it answered`, tail);
}

function innerFailure(what: string, tail: LineTail): DockError {
  const lastLines = tail.lines();
  const log = lastLines.length === 0 ? ' and printed nothing.' : `. Its last lines:\n${lastLines.join('\n')}`;
  return new DockError('INNER_DAEMON_FAILED', `${what}${log}`, { details: { lastLines } });
}
