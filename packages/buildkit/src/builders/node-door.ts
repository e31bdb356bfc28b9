import type { Duplex } from 'node:stream';
import { DockError, isLoopbackHost } from '@dock/core';
import { orCancelled, underLimit } from '@dock/core/internal';
import type { BuilderDoor, WithConnection } from '../control/builder-door.js';
import { dialHttp2 } from '../control/dial-http2.js';
import type { NodeDescription, NodePlace } from './builder-description.js';
import type { NodeEngine, ReachEngine } from './node-engine.js';
import { connectionFault, type FaultPlace, nodeFault, nodeWords } from './node-fault.js';
import { nodeTls } from './node-tls.js';

/** Longest wait for a connection to a builder, ms. */
const connectMs = 15_000;

/** The way to a node. */
export interface NodeDoor {
  readonly door: BuilderDoor;
  /** Whether nobody can listen on the way: a socket or container of this machine, its loopback, or TLS. */
  readonly isPrivate: boolean;
  /** Of the engine's API, for an engine's own BuildKit. */
  readonly apiVersion?: string;
}

/**
 * Find the way to a node. A container is asked for by its engine; nothing is said to a BuildKit yet.
 *
 * @throws BUILDER_UNSUPPORTED, BUILDER_NOT_RUNNING, BUILDER_INVALID, ENDPOINT_INVALID, DAEMON_UNREACHABLE, …
 */
export async function nodeDoor(
  { place }: NodeDescription,
  who: FaultPlace,
  reach: ReachEngine,
  signal: AbortSignal | undefined,
): Promise<NodeDoor> {
  switch (place.kind) {
    case 'unsupported':
      throw new DockError('BUILDER_UNSUPPORTED', `${sentence(nodeWords(who))} cannot be used: ${place.why}.`, {
        ...(place.hint === undefined ? {} : { hint: place.hint }),
        details: { ...who },
      });
    case 'engine': {
      const engine = await reach(place.engine);
      const { door, isPrivate } = engine;
      return { door, isPrivate, apiVersion: await engine.apiVersion({ signal }) };
    }
    case 'container': {
      const engine = await reach(place.engine);
      await requireRunning(place, engine, who, signal);
      const { isPrivate } = engine;
      return { isPrivate, door: { direct: told(engine.command(place.container, ['buildctl', 'dial-stdio']), who) } };
    }
    case 'unix':
      return { isPrivate: true, door: { direct: dialled({ path: place.socketPath }, false, who) } };
    case 'tcp': {
      const { hostname, port, tls } = place;
      const address = { host: hostname, port, ...(tls === undefined ? {} : await nodeTls(tls, hostname)) };
      const isPrivate = tls !== undefined || isLoopbackHost(hostname);
      return { isPrivate, door: { direct: dialled(address, tls !== undefined, who) } };
    }
  }
}

async function requireRunning(
  { container, boot }: Extract<NodePlace, { kind: 'container' }>,
  engine: NodeEngine,
  who: FaultPlace,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isRunning = await engine.isRunning(container, { signal });
  if (isRunning === true) return;
  const docker = ['docker', engine.dockerFlags].filter((word) => word !== '').join(' ');
  const refusal = (why: string, hint: string): DockError =>
    new DockError('BUILDER_NOT_RUNNING', `${sentence(nodeWords(who))} does not run: ${why}.`, {
      hint,
      details: { ...who, container },
    });
  if (isRunning === false)
    throw refusal(`its container "${container}" is stopped`, `Start it with "${docker} start ${container}".`);
  throw boot === undefined
    ? refusal(`the engine at "${engine.url}" has no container "${container}"`, `Look at "${docker} ps --all".`)
    : refusal('it was never booted', `Boot it with "${boot}".`);
}

/** Connections to an address. */
function dialled(address: Readonly<Record<string, unknown>>, isTls: boolean, who: FaultPlace): WithConnection {
  const overTime = (): DockError =>
    nodeFault('BUILDER_UNREACHABLE', who, `it did not take a connection within ${connectMs / 1000} s`);
  return async ({ signal }, act) => {
    const open: { connection?: Duplex } = {};
    const work = async () => {
      const connection = await underLimit({ signal, limitMs: connectMs, overTime }, (own) =>
        dialHttp2({ address, isTls, who: nodeWords(who) }, own),
      );
      open.connection = connection;
      // Nobody waits any more for one that came with the cancellation.
      if (signal?.aborted === true) connection.destroy();
      return act(connection);
    };
    try {
      return await (signal === undefined ? work() : orCancelled(work(), signal));
    } catch (error) {
      throw connectionFault(error, who, open.connection !== undefined);
    } finally {
      open.connection?.destroy();
    }
  };
}

/** Connections whose errors name the node too. */
function told(way: WithConnection, who: FaultPlace): WithConnection {
  return async (scope, act) => {
    try {
      return await way(scope, act);
    } catch (error) {
      throw connectionFault(error, who, true);
    }
  };
}

const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);
