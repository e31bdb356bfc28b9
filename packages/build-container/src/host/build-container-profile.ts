import type { BuildResult, EngineDescription, EnginePort, RunFacts } from '@dock/core';
import type { ElsewhereRun } from '@dock/core/elsewhere';
import type { ContainerEngine, CreateRequest, TarFileEntry } from '@dock/engine';
import type { InsideEngine } from '../protocol.js';
import type { BuildContainerOptions } from './runner-options.js';

/** The engine that a build container runs on. */
export interface HostEngine {
  readonly port: EnginePort;
  readonly containers: ContainerEngine;
  readonly description: EngineDescription;
}

/** What one runner's build containers are like. */
export interface ContainerShape {
  /** Parts of the container beside those that all build containers have. */
  readonly container: Partial<CreateRequest>;
  /** The engine that the pipeline inside uses. */
  readonly engine: InsideEngine;
  /** More files of the volume at `/run/dock`, by their path there. */
  readonly files?: readonly TarFileEntry[];
}

/** A build container, for the profile that it was made by. */
export interface ProfiledContainer {
  readonly id: string;
  readonly host: HostEngine;
  readonly run: ElsewhereRun;
}

/** What makes one container runner differ from another. */
export interface BuildContainerProfile {
  /** Name of the runner. */
  readonly name: string;
  readonly options: BuildContainerOptions;
  /** Asked once the host's engine is known. */
  shape(host: HostEngine, options: { readonly signal: AbortSignal }): Promise<ContainerShape>;
  /** Another shape to try, once the engine refused to create a container of the last one; by default none. */
  reshape?(error: unknown): ContainerShape | undefined;
  /** The last moment at which a container that was created may be refused. */
  beforeStart?(container: ProfiledContainer): Promise<void>;
  /** After a good end of the pipeline: the container is held open meanwhile, and its engine still runs. `facts` is what the pipeline came to. */
  whileHeld?(container: ProfiledContainer, facts: RunFacts): Promise<void>;
  /** Once the container has ended and its result is known. */
  afterResult?(result: BuildResult, container: ProfiledContainer): Promise<void>;
  /** What a failure to create or start the container means; by default itself. */
  explainStartFailure?(error: unknown): unknown;
}
