import type { Readable } from 'node:stream';
import type { CallOptions, EnginePort } from '@dock/core';
import type { ContainerState } from '../containers/container-client.js';
import type { Attachment, AttachOptions } from './attach-container.js';
import type { CommitRequest } from './commit-container.js';
import type { CreateRequest } from './create-request.js';
import type { ExecStreamOptions } from '../containers/exec-stream.js';
import type { VolumeRequest, VolumeUser } from './volumes.js';

/** How {@link ContainerEngine.wait} watches. */
export interface WaitForExit {
  readonly signal?: AbortSignal;
  /** Called when the engine has heard of the wait: from then on no exit is missed. */
  readonly onWaiting?: () => void;
  /** Something that makes a look worth while, such as the end of the output. */
  readonly hint?: Promise<unknown>;
}

/** What the engine says of the machine's ways to keep containers apart. */
export interface EngineSecurity {
  readonly hasSelinux: boolean;
  readonly hasUserNamespaces: boolean;
  readonly isRootless: boolean;
}

/**
 * What container runners need beyond the port that plugins see: containers in parts, their files, their input, volumes, commits. Everything it creates has
 * dock's labels; errors are DockErrors as everywhere.
 */
export interface ContainerEngine {
  /** The socket that the port itself talks to, where it is one on this machine. */
  readonly socketPath: string | undefined;
  /** Labels that say who we are, for whoever works for us elsewhere. */
  identityLabels(): Promise<Readonly<Record<string, string>>>;
  /** `/info` asked afresh. */
  security(options?: CallOptions): Promise<EngineSecurity>;
  /** @throws IMAGE_NOT_FOUND, CONTAINER_FAILED, INVALID_OPTION */
  create(request: CreateRequest, options?: CallOptions): Promise<string>;
  /** Extract a tar at a directory of a container, before or after its start. */
  putArchive(id: string, directory: string, tar: Readable | Uint8Array, options?: CallOptions): Promise<void>;
  /**
   * One regular file of a container; `undefined` when it is not there or is something else, a link for example.
   *
   * @throws RESULT_TOO_LARGE over `maxBytes`; TIMEOUT
   */
  getFile(id: string, path: string, options: CallOptions & { readonly maxBytes: number }): Promise<Buffer | undefined>;
  /** As {@link getFile}, of any size and in pieces; false when there is no such file. */
  readFile(
    id: string,
    path: string,
    options: CallOptions & { readonly onPiece: (piece: Uint8Array) => void },
  ): Promise<boolean>;
  /** Attach before the start; settles once the engine has switched the connection over. */
  attach(id: string, options: AttachOptions): Promise<Attachment>;
  /** Settles when the container has ended. @throws DAEMON_LOST, CONTAINER_FAILED, CANCELLED */
  wait(id: string, options?: WaitForExit): Promise<ContainerState>;
  /** @throws CONTAINER_FAILED with the engine's own words */
  start(id: string, image: string, options?: CallOptions): Promise<void>;
  /** Send a signal; a container that has ended, or is gone, is fine. @default SIGKILL */
  kill(id: string, signal?: string, options?: CallOptions): Promise<void>;
  /** `undefined` when it is gone. */
  inspect(id: string, options?: CallOptions): Promise<ContainerState | undefined>;
  /** Remove with its anonymous volumes, by force; one that is not there is fine. */
  remove(id: string, options?: CallOptions): Promise<void>;
  /** Containers, then volumes, that carry this run's label and are not to be kept; how many were removed. */
  removeOfRun(runId: string, options?: CallOptions): Promise<number>;
  createVolume(request: VolumeRequest, options?: CallOptions): Promise<void>;
  /** Labels of a volume; `undefined` when there is none. */
  inspectVolume(name: string, options?: CallOptions): Promise<Readonly<Record<string, string>> | undefined>;
  removeVolume(name: string, options?: CallOptions): Promise<void>;
  /** Containers that use a volume and are running, or have not run yet; the oldest first. */
  usersOfVolume(name: string, options?: CallOptions): Promise<readonly VolumeUser[]>;
  /** Make an image of a container's files; its ID. */
  commit(id: string, request: CommitRequest, options?: CallOptions): Promise<string>;
  /** Paths that a container added or changed, by the engine's own account. */
  changes(id: string, options?: CallOptions): Promise<readonly string[]>;
  /** Read an archive of images; the names or IDs that the engine reports. */
  loadImage(tar: Readable, options?: CallOptions): Promise<readonly string[]>;
  /** Run a command in a running container and read what it prints while it does; its exit status. */
  execStream(id: string, command: readonly string[], options: ExecStreamOptions): Promise<number>;
}

/** Where a port keeps its container operations. */
export const containerEngineKey: unique symbol = Symbol.for('@dock/engine/ContainerEngine') as never;

/** A port that has them. */
export interface WithContainerEngine {
  readonly [containerEngineKey]?: () => Promise<ContainerEngine>;
}

/** The container operations of a port; `undefined` for a port of somebody else that has none. */
export async function containerEngine(port: EnginePort): Promise<ContainerEngine | undefined> {
  return (port as WithContainerEngine)[containerEngineKey]?.();
}
