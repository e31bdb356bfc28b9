import { DockError, isDockError, thrownMessage } from '@dock/core';
import { underLimit } from '@dock/core/internal';
import type { BuilderDoor } from '../control/builder-door.js';
import type { ControlClient } from '../control/control-client.js';
import { onChannel, withControl } from '../control/open-control.js';
import { platformsOf } from '../control/worker-platforms.js';
import { BrokenCall, CallFailure } from '../rpc/call-failure.js';
import type { GrpcChannel } from '../rpc/channel.js';
import { grpcStatus } from '../session/service.js';
import type { WorkerRecord } from '../wire/control_pb.js';
import { type FaultPlace, nodeFault, nodeWords } from './node-fault.js';

/** Longest wait for a node to say what it is, ms. */
const askMs = 15_000;
/** Longest wait for a sign of HTTP/2, ms: who speaks something else may wait for us to speak first. */
const speakMs = 5000;

/** What a BuildKit says of itself. */
export interface NodeFacts {
  /** `v0.17.2`; undefined for one that does not tell. */
  readonly version: string | undefined;
  /** Platforms of its workers, `os/arch[/variant]`, its own first. */
  readonly platforms: readonly string[];
  /** The store of the engine that it belongs to; undefined for a BuildKit of its own. */
  readonly store: 'classic' | 'containerd' | undefined;
  /** What it keeps, in bytes, where that was asked for: its cache, with what is in use. */
  readonly diskBytes?: number;
}

/** What to ask a node. */
export interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether to ask for what it keeps too, which takes a node with a large cache longer. @default false */
  readonly withDiskUse?: boolean;
}

/**
 * Ask a node what it is.
 *
 * @throws BUILDER_UNREACHABLE, BUILDER_PROTOCOL, BUILDER_TOO_OLD, BUILDER_NO_WORKER, BUILDER_REFUSED, DISK_FULL, and what its door throws
 */
export async function probeNode(
  door: BuilderDoor,
  who: FaultPlace,
  { signal, withDiskUse = false }: ProbeOptions,
): Promise<NodeFacts> {
  const overTime = (): DockError =>
    nodeFault('BUILDER_PROTOCOL', who, `it did not say within ${askMs / 1000} s what it is`);
  return underLimit({ signal, limitMs: askMs, overTime }, (own) => {
    const ask = async (control: ControlClient): Promise<NodeFacts> => {
      try {
        const facts = await factsOf(control, who, own);
        return withDiskUse ? { ...facts, diskBytes: await diskUse(control, own) } : facts;
      } catch (error) {
        throw refusal(error, who);
      }
    };
    if (door.upgraded !== undefined) return withControl(door, { signal: own }, ({ control }) => ask(control));
    return door.direct({ signal: own }, (connection) =>
      onChannel(connection, async (control, channel) => {
        await speaksHttp2(channel, who, own);
        return ask(control);
      }),
    );
  });
}

async function speaksHttp2(channel: GrpcChannel, who: FaultPlace, signal: AbortSignal): Promise<void> {
  const overTime = (): DockError => nodeFault('BUILDER_PROTOCOL', who, 'it says nothing in HTTP/2');
  try {
    await underLimit({ signal, limitMs: speakMs, overTime }, (own) => orAborted(channel.ready(), own));
  } catch (error) {
    if (isDockError(error) || isTlsAlert(error)) throw error;
    throw nodeFault('BUILDER_PROTOCOL', who, thrownMessage(error), { cause: error });
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
    ),
  ]);
}

/** With TLS 1.3 a server refuses the certificate of its client after the handshake. */
function isTlsAlert(error: unknown): boolean {
  const { code } = (error as { cause?: { code?: unknown } }).cause ?? {};
  return typeof code === 'string' && /^ERR_SSL_/.test(code);
}

async function factsOf(control: ControlClient, who: FaultPlace, signal: AbortSignal): Promise<NodeFacts> {
  const workers = await control.listWorkers({ signal });
  const told = await control.info({ signal }).catch((error: unknown) => {
    // Before BuildKit 0.11 there was no such call.
    if (error instanceof CallFailure && error.isUnknownMethod) return undefined;
    throw error;
  });
  if (workers.length === 0)
    throw nodeFault('BUILDER_NO_WORKER', who, 'it has no worker', {
      hint: 'Look at the log of its buildkitd, and start it with a worker.',
    });
  return {
    version: versionOf(told?.buildkitVersion?.version),
    platforms: platformsOf(workers),
    store: storeOf(workers),
  };
}

async function diskUse(control: ControlClient, signal: AbortSignal): Promise<number> {
  const { record } = await control.diskUsage({ signal });
  return record.reduce((sum, { size }) => sum + Number(size), 0);
}

/** What a call that failed says of the node. */
function refusal(error: unknown, who: FaultPlace): unknown {
  if (!(error instanceof CallFailure)) return error;
  const { message, status, isUnknownMethod } = error;
  const cause = { cause: error };
  if (error instanceof BrokenCall) return nodeFault('BUILDER_PROTOCOL', who, message, cause);
  if (isUnknownMethod)
    return /unknown service/i.test(message)
      ? nodeFault('BUILDER_PROTOCOL', who, `it serves gRPC, but no BuildKit: ${message}`, cause)
      : nodeFault('BUILDER_TOO_OLD', who, message, cause);
  if (/no space left on device|disk quota exceeded/i.test(message))
    return new DockError('DISK_FULL', `The disk of ${nodeWords(who)} is full: ${message}.`, {
      ...cause,
      hint: `Free space there; "docker buildx prune --builder ${who.builder}" empties the cache of a builder.`,
      details: { ...who, side: 'builder' },
    });
  if (status === grpcStatus.permissionDenied || status === grpcStatus.unauthenticated)
    return new DockError('BUILDER_REFUSED', `${nodeWords(who)} lets nobody in: ${message}.`.replace(/^t/, 'T'), {
      ...cause,
      hint: 'Ask whoever runs the builder for access to it.',
      details: { ...who },
    });
  return nodeFault('BUILDER_UNREACHABLE', who, message, cause);
}

/** Builds without a version call themselves `v0.0.0+unknown`. */
function versionOf(version: string | undefined): string | undefined {
  return version === undefined || version === '' || version.startsWith('v0.0.0') ? undefined : version;
}

/** moby's own worker: by its ID before Engine 23, by a label later; beside it stand the labels of containerd's where that keeps the images. */
function storeOf(workers: readonly WorkerRecord[]): NodeFacts['store'] {
  const own = workers.find(
    ({ id, labels }) => id === 'moby' || Object.keys(labels).some((label) => label.startsWith(`${labelPrefix}moby.`)),
  );
  if (own === undefined) return undefined;
  return own.labels[`${labelPrefix}containerd.uuid`] === undefined ? 'classic' : 'containerd';
}

const labelPrefix = 'org.mobyproject.buildkit.worker.';
