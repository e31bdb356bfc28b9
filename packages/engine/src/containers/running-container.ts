import type { CallOptions, ContainerRequest, RunningContainer } from '@dock/core';
import { DockError } from '@dock/core';
import { OutputTail } from '@dock/core/internal';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { inspectContainer, type RawContainer, removeContainer, requireState } from './container-client.js';
import { readOutput } from './container-output.js';
import { type ContainerOwner, createContainer, startContainer } from './create-container.js';
import { execStream } from './exec-stream.js';
import { withOomFlag } from './oom-flag.js';
import { outputLimit } from './run-container.js';

/** Start a container and leave it running; whatever fails on the way removes it. */
export async function startRunningContainer(
  owner: ContainerOwner,
  request: ContainerRequest,
  options: CallOptions = {},
): Promise<RunningContainer> {
  const { connection } = owner;
  const id = await createContainer(owner, request, options);
  try {
    await startContainer(connection, id, request, options);
    const raw = await inspectContainer(connection, id, options);
    if (raw === undefined) throw new DockError('CONTAINER_FAILED', `Container "${id}" is gone right after its start.`);
    return runningContainer(connection, id, raw);
  } catch (error) {
    await removeContainer(connection, id).catch(() => undefined);
    throw error;
  }
}

function runningContainer(connection: EngineConnection, id: string, raw: RawContainer): RunningContainer {
  return {
    id,
    ports: publishedPorts(raw),
    address: ownAddress(raw),
    async state(options = {}) {
      const seen = await requireState(connection, id, options);
      const { isRunning, exitCode, isOomKilled } = seen.isRunning
        ? seen
        : await withOomFlag(connection, id, seen, options);
      return isRunning ? { isRunning } : { isRunning, exitCode, isOomKilled };
    },
    output: (options = {}) => containerOutput(connection, id, options),
    exec: (command, options = {}) => execInContainer(connection, id, command, options),
    remove: (options = {}) => removeContainer(connection, id, options),
  };
}

function publishedPorts({ NetworkSettings }: RawContainer): Record<string, { host: string; port: number }> {
  const ports: Record<string, { host: string; port: number }> = {};
  for (const [key, bindings] of Object.entries(NetworkSettings?.Ports ?? {})) {
    const [binding] = bindings ?? [];
    if (binding !== undefined) ports[key] = { host: binding.HostIp, port: Number(binding.HostPort) };
  }
  return ports;
}

function ownAddress({ NetworkSettings }: RawContainer): string {
  const networks = Object.values(NetworkSettings?.Networks ?? {});
  const addresses = networks.map(({ IPAddress, GlobalIPv6Address }) => IPAddress || GlobalIPv6Address || '');
  return addresses.find((each) => each !== '') ?? '';
}

/** The output so far, at most its last 1 MiB. */
export async function containerOutput(
  connection: EngineConnection,
  id: string,
  scope: CallScope = {},
): Promise<string> {
  const raw = await inspectContainer(connection, id, scope);
  if (raw === undefined)
    throw new DockError('CONTAINER_FAILED', `Container "${id}" is gone.`, { details: { container: id } });
  const tail = new OutputTail(outputLimit);
  // Without `follow` a path of ours, not dockerode's: it would parse output that looks like JSON.
  const request = { method: 'GET', path: `/containers/${raw.Id}/logs?stdout=1&stderr=1` };
  await connection.exchange(
    `reading the output of container "${id}"`,
    request,
    { timeoutMs: 60_000, ...scope },
    ({ stream }) => readOutput(stream, raw.Config?.Tty === true, (_name, piece) => tail.push(piece)),
  );
  return tail.text();
}

/** Run a command inside a running container, for its exit status and the last 1 MiB of its output. */
async function execInContainer(
  connection: EngineConnection,
  id: string,
  command: readonly string[],
  scope: CallScope,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const tail = new OutputTail(outputLimit);
  const onOutput = (_name: string, piece: Uint8Array): void => tail.push(piece);
  const exitCode = await execStream(connection, id, command, { timeoutMs: 60_000, ...scope, onOutput });
  return { exitCode, output: tail.text() };
}
