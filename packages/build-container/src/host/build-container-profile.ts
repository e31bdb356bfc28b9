import type { EngineDescription, EnginePort } from '@dock/core';
import type { ElsewhereRun } from '@dock/core/elsewhere';
import type { ContainerEngine, CreateRequest } from '@dock/engine';
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
}

/** What makes one container runner differ from another. */
export interface BuildContainerProfile {
  /** Name of the runner. */
  readonly name: string;
  readonly options: BuildContainerOptions;
  /** Asked once the host's engine is known. */
  shape(host: HostEngine, run: ElsewhereRun): Promise<ContainerShape>;
  /** What a failure to create or start the container means; by default itself. */
  explainStartFailure?(error: unknown): unknown;
}
