import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BaseImage,
  type BuildSpec,
  decodeDockerfile,
  type DockError,
  type EngineImage,
  type EnginePort,
  isDockError,
  parseDockerfile,
  resolveBases,
} from '@dock/core';
import type { SharedRigEngine } from '@dock/testing';
import { dockerBuild } from './docker-build.js';
import { type ImageState, imageState } from './image-state.js';
import { makeContext } from './make-context.js';
import type { Shape } from './shape.js';

/** What dock and the docker CLI made of one shape. */
export interface Outcome {
  readonly dock: ImageState | DockError;
  /** Absent when the CLI failed. */
  readonly docker: ImageState | undefined;
  readonly dockerOutput: string;
}

/** Where shapes are built. */
export interface Workshop {
  readonly engine: SharedRigEngine;
  readonly port: EnginePort;
  readonly directory: string;
}

/** Builds a shape with the docker CLI and with dock on one engine, and reads both images. */
export async function buildShape(
  shape: Shape,
  builder: 'buildkit' | 'classic',
  { engine, port, directory }: Workshop,
): Promise<Outcome> {
  const contextDir = join(directory, `${shape.name}-${builder}`);
  mkdirSync(contextDir);
  makeContext(shape, contextDir);
  if (shape.base !== undefined) {
    const { name, dockerfile } = shape.base;
    const made = await dockerBuild(engine, 'classic', { dockerfile }, contextDir, name);
    if (!made.isBuilt) throw new Error(made.output);
  }
  const name = `dock-shapes:${shape.name}-${builder}`;
  const { isBuilt, output: dockerOutput } = await dockerBuild(engine, builder, shape, contextDir, name);
  const built = await dockBuild(port, shape, contextDir, builder);
  if (isDockError(built)) {
    return { dock: built, docker: isBuilt ? await imageState(engine, name) : undefined, dockerOutput };
  }
  const dock = await imageState(engine, built.id);
  return { dock, docker: isBuilt ? await imageState(engine, name, dock) : undefined, dockerOutput };
}

/** dock's image, or its refusal: of the Dockerfile as it is read, or of the builder. */
async function dockBuild(
  port: EnginePort,
  shape: Shape,
  contextDir: string,
  builder: 'buildkit' | 'classic',
): Promise<EngineImage | DockError> {
  try {
    return await port.build(specOf(shape, contextDir, builder));
  } catch (error) {
    if (isDockError(error)) return error;
    throw error;
  }
}

function specOf(shape: Shape, contextDir: string, builder: 'buildkit' | 'classic'): BuildSpec {
  const path = join(contextDir, shape.dockerfile ?? 'Dockerfile');
  const text = decodeDockerfile(readFileSync(path));
  const { buildArgs = {}, labels = {}, network = 'host', secrets = {}, target } = shape;
  const { bases } = resolveBases(parseDockerfile(text, { buildArgs, builder }), { buildArgs, builder });
  return {
    contextDir,
    dockerfile: { path, text },
    buildArgs,
    labels,
    platforms: [],
    builder,
    noCache: false,
    pull: false,
    network,
    secrets: Object.entries(secrets).map(([id, name]) => ({ id, file: join(contextDir, name) })),
    bases: bases.flatMap(({ use, text: written, reference, line }): BaseImage[] =>
      reference === undefined ? [] : [{ use, text: written, reference, line }],
    ),
    references: [],
    ...(target === undefined ? {} : { target }),
  };
}
