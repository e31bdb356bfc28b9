import { randomBytes } from 'node:crypto';
import { type ContainerRequest, DockError } from '@dock/core';
import { capitalised } from '@dock/core/internal';
import { engineImageName, imageNotFound } from '../images/image-name.js';
import { type CallScope, type EngineConnection, plainTimeoutMs } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';
import { postJson, readAnswer } from '../transport/engine-request.js';
import { cancelled } from '../transport/race-call.js';
import { createdId, removeContainer } from './container-client.js';
import { labelNames } from './identity-labels.js';

/** How long a creation that is cancelled may still answer, ms. */
const createGraceMs = 5000;

/** Create and start containers for one owner. */
export interface ContainerOwner {
  readonly connection: EngineConnection;
  readonly options: { readonly wait?: { readonly pollMs?: number; readonly unreachableMs?: number } };
  /** Labels that say who we are; asked once. */
  readonly labels: () => Promise<Readonly<Record<string, string>>>;
}

function portKey(port: string): string {
  if (/^\d{1,5}\/(?:tcp|udp|sctp)$/.test(port)) return port;
  throw new DockError('INVALID_OPTION', `The port "${port}" is not of the form "8080/tcp".`);
}

/** The body of `POST /containers/create`. Never AutoRemove: the outcome is read from the container that is left. */
function createBody(request: ContainerRequest, labels: Readonly<Record<string, string>>): object {
  const { command, entrypoint, env, workingDir, user, network, publishPorts = [], memory, pidsLimit } = request;
  const ports = publishPorts.map(portKey);
  return {
    Image: engineImageName(request.image),
    ...(command === undefined ? {} : { Cmd: command }),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(env === undefined ? {} : { Env: Object.entries(env).map(([name, value]) => `${name}=${value}`) }),
    ...(workingDir === undefined ? {} : { WorkingDir: workingDir }),
    ...(user === undefined ? {} : { User: user }),
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    Labels: { ...labels, [labelNames.run]: request.runId, [labelNames.role]: request.role },
    HostConfig: {
      ...(network === undefined ? {} : { NetworkMode: network }),
      PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])),
      ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
      ...(pidsLimit === undefined ? {} : { PidsLimit: pidsLimit }),
      ...(request.readOnlyRoot === true ? { ReadonlyRootfs: true } : {}),
    },
  };
}

/**
 * Create a container with our labels. When the call fails half-way, a container that came into being all the same is removed by its name.
 *
 * @throws IMAGE_NOT_FOUND, CONTAINER_FAILED
 */
export async function createContainer(
  { connection, labels }: ContainerOwner,
  request: ContainerRequest,
  scope: CallScope = {},
): Promise<string> {
  return createFromBody(connection, createBody(request, await labels()), request, scope);
}

/** What {@link postContainer} asks for. */
interface CreateCall {
  readonly what: string;
  readonly name?: string;
  readonly platform?: string | undefined;
  readonly body: object;
}

/** Ask the engine to make a container. Not through dockerode, which never settles when the answer is `null`. @returns its ID */
export async function postContainer(
  connection: EngineConnection,
  { what, name, platform, body }: CreateCall,
  scope: CallScope,
): Promise<string> {
  const query = new URLSearchParams({
    ...(name === undefined ? {} : { name }),
    ...(platform === undefined ? {} : { platform }),
  });
  const path = `/containers/create?${query.toString()}`;
  const limits = { ...scope, timeoutMs: scope.timeoutMs ?? plainTimeoutMs };
  return connection.exchange(what, postJson(path, body), limits, async (answer) =>
    createdId(what, await readAnswer(answer)),
  );
}

/** As {@link createContainer}, from a ready body. */
export async function createFromBody(
  connection: EngineConnection,
  body: object,
  request: Pick<ContainerRequest, 'image' | 'platform'>,
  scope: CallScope = {},
): Promise<string> {
  const name = `dock-${randomBytes(8).toString('hex')}`;
  const what = `creating a container of "${request.image}"`;
  const { signal } = scope;
  const stopIfCancelled = (): void => {
    if (signal?.aborted === true) throw cancelled(signal, what);
  };
  stopIfCancelled();
  const patience = patient(signal);
  try {
    const limits = { ...scope, signal: patience.signal };
    const created = await postContainer(connection, { what, name, body, platform: request.platform }, limits);
    stopIfCancelled();
    return created;
  } catch (error) {
    const status = engineStatus(error);
    if (status === undefined) await removeContainer(connection, name, { timeoutMs: 10_000 }).catch(() => undefined);
    if (status === 404 && /no such image/i.test(engineMessage(error))) throw imageNotFound(request.image, error);
    throw containerError(error, what, request);
  } finally {
    patience.release();
  }
}

/**
 * A signal that follows the given one a little later: an engine that was told to create does so even when nobody listens any more, and what
 * it creates after our removal would stay.
 */
function patient(signal: AbortSignal | undefined): { readonly signal: AbortSignal; release(): void } {
  const own = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => own.abort(signal?.reason), createGraceMs);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: own.signal,
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** Start a created container. @throws CONTAINER_FAILED with the engine's own words */
export async function startContainer(
  connection: EngineConnection,
  id: string,
  request: Pick<ContainerRequest, 'image'>,
  scope: CallScope = {},
): Promise<void> {
  const what = `starting a container of "${request.image}"`;
  try {
    await connection.call(what, scope, (docker) => docker.getContainer(id).start());
  } catch (error) {
    throw containerError(error, what, request);
  }
}

function containerError(error: unknown, what: string, { image }: Pick<ContainerRequest, 'image'>): unknown {
  const status = engineStatus(error);
  if (status === undefined) return error;
  const message = engineMessage(error);
  const isOurs =
    status === 400 || /executable file not found|no such file or directory|permission denied/i.test(message);
  return new DockError('CONTAINER_FAILED', `${capitalised(what)} failed: ${message}.`, {
    cause: error,
    details: { status, image },
    retryable: !isOurs,
    ...(isOurs ? { hint: 'Look at the command and its options: the engine cannot start it.' } : {}),
  });
}
