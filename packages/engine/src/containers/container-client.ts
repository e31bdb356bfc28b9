import { setTimeout as pause } from 'node:timers/promises';
import { DockError } from '@dock/core';
import { type AnswerShape, documentOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { engineMessage, engineStatus } from '../transport/engine-error.js';

/** How long removal may take, ms; it runs under its own deadline, also after a cancellation. */
const removeMs = 30_000;

/** What inspect says of a container's life. */
export interface ContainerState {
  readonly isRunning: boolean;
  /** `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`. */
  readonly status: string;
  readonly exitCode: number;
  readonly isOomKilled: boolean;
  /** Whether it was given less memory than there is. */
  readonly hasMemoryLimit: boolean;
  /** The engine's own words for a failed start. */
  readonly error: string;
}

/** What inspect says of a container, as far as dock reads it. */
export interface RawContainer {
  readonly Id: string;
  readonly Created?: string;
  readonly Config?: { readonly Tty?: boolean };
  readonly HostConfig?: { readonly Memory?: number };
  readonly State: {
    readonly Running: boolean;
    readonly Status: string;
    readonly ExitCode: number;
    readonly OOMKilled?: boolean;
    readonly Error?: string;
  };
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<
      Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
    > | null;
    readonly IPAddress?: string;
    readonly Networks?: Readonly<
      Record<string, { readonly IPAddress?: string; readonly GlobalIPv6Address?: string }>
    > | null;
  };
}

const containerShape: AnswerShape = {
  ...{ 'Id!': 'text', Created: 'text', Config: { Tty: 'flag' }, HostConfig: { Memory: 'number' } },
  'State!': { 'Running!': 'flag', 'Status!': 'text', 'ExitCode!': 'number', OOMKilled: 'flag', Error: 'text' },
  NetworkSettings: { Ports: {}, IPAddress: 'text', Networks: {} },
};

/** Whether a text may stand as a container in a URL: an ID, a short one, or a name by the engine's rule. */
export function isContainerName(text: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(text);
}

/** A container name for a URL. @throws INVALID_OPTION */
export function containerName(text: string): string {
  if (isContainerName(text)) return text;
  throw new DockError('INVALID_OPTION', `${JSON.stringify(text)} is not a container ID or name.`);
}

/** The ID of what the engine has made, which will stand in URLs. @throws DAEMON_PROTOCOL */
export function createdId(what: string, answer: unknown): string {
  const { Id } = documentOf<{ readonly Id: string }>(what, answer, { 'Id!': 'text' });
  if (isContainerName(Id)) return Id;
  throw new DockError('DAEMON_PROTOCOL', `The engine's answer while ${what} has the ID ${JSON.stringify(Id)}.`);
}

/** A container's document; `undefined` when there is none. */
export async function inspectContainer(
  connection: EngineConnection,
  id: string,
  scope: CallScope = {},
): Promise<RawContainer | undefined> {
  try {
    const what = `inspecting container "${id}"`;
    return await connection.call(what, scope, async (docker) =>
      documentOf<RawContainer>(what, await docker.getContainer(containerName(id)).inspect(), containerShape),
    );
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}

/** The life of a container in our words. */
export function containerState({ State, HostConfig }: RawContainer): ContainerState {
  return {
    isRunning: State.Running,
    status: State.Status,
    exitCode: State.ExitCode,
    isOomKilled: State.OOMKilled === true,
    hasMemoryLimit: (HostConfig?.Memory ?? 0) > 0,
    error: State.Error ?? '',
  };
}

/** The state of a container that has to be there. @throws CONTAINER_FAILED */
export async function requireState(
  connection: EngineConnection,
  id: string,
  scope: CallScope = {},
): Promise<ContainerState> {
  const raw = await inspectContainer(connection, id, scope);
  if (raw === undefined)
    throw new DockError('CONTAINER_FAILED', `Container "${id}" is gone: somebody else removed it.`, {
      details: { container: id },
    });
  return containerState(raw);
}

/**
 * Remove a container with its anonymous volumes, by force, and wait until it is gone. One that is not there is fine. Runs under its own
 * deadline unless given another.
 */
export async function removeContainer(
  connection: EngineConnection,
  id: string,
  { signal, timeoutMs = removeMs, force = true }: CallScope & { readonly force?: boolean } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      await connection.call(`removing container "${id}"`, { signal, timeoutMs }, (docker) =>
        docker.getContainer(containerName(id)).remove({ v: true, force }),
      );
      return;
    } catch (error) {
      const status = engineStatus(error);
      if (status === 404) return;
      const isInProgress = status === 409 && /in progress/i.test(engineMessage(error));
      if (!isInProgress || Date.now() > deadline) throw error;
    }
    await pause(100);
  }
}
