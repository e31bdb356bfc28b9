import { PassThrough } from 'node:stream';
import {
  type BuildOptions,
  type BuildSpec,
  DockError,
  type EngineImage,
  type EnginePort,
  isDockError,
  type RunNote,
} from '@dock/core';
import type { SolveEnvironment } from '../build/solve-environment.js';
import { buildOnNode } from './build-on-node.js';

/** The engine that takes an image in, and who hears of one that is on its way. */
export interface LoadScope {
  readonly engine: Pick<EnginePort, 'loadImage' | 'builtImage'>;
  /** Notes what may be left should this process be killed; returns what to call when it is told. */
  readonly note?: ((what: RunNote) => () => void) | undefined;
}

/**
 * Build, and bring the image into an engine: its archive goes from the builder straight into the engine, and what arrives must be the image that the builder
 * says it built, by its configuration. It gets no name.
 *
 * @throws LOAD_FAILED, and what building and loading throw
 */
export async function buildIntoEngine(
  spec: BuildSpec,
  environment: SolveEnvironment,
  options: BuildOptions,
  { engine, note }: LoadScope,
): Promise<EngineImage> {
  const archive = new PassThrough();
  // Its faults are told by the two sides, which may have ended before anybody reads it.
  archive.on('error', () => undefined);
  let forget = (): void => undefined;
  let loading: Promise<string> | undefined;
  const open = (): PassThrough => {
    forget = note?.({ kind: 'loaded-image', image: 'of the run', names: [] }) ?? forget;
    loading = engine.loadImage(archive, options.signal === undefined ? {} : { signal: options.signal });
    // The builder must not go on sending to an engine that has refused; it is told why.
    loading.catch((error: unknown) => archive.destroy(loadFailure(error)));
    return archive;
  };
  try {
    const target = { kind: 'bytes', name: 'the engine', open } as const;
    const outputs = [{ type: 'docker', attrs: {}, target }];
    const { configDigest } = await buildOnNode(spec, { ...environment, outputs }, options);
    if (loading === undefined)
      throw new DockError('LOAD_FAILED', 'The builder built the image and sent no archive of it.');
    const id = await loading.catch((error: unknown) => {
      throw loadFailure(error);
    });
    const image = await engine.builtImage(id, options.signal === undefined ? {} : { signal: options.signal });
    if (configDigest === undefined || image.configDigest !== configDigest)
      throw new DockError(
        'LOAD_FAILED',
        `The engine has "${image.configDigest}", and the builder says that it built "${configDigest ?? 'nothing'}".`,
      );
    return image;
  } catch (error) {
    // The engine's side of the archive broke: why, the engine says.
    if (isDockError(error) && error.code === 'OUTPUT_FAILED')
      await loading?.catch((cause: unknown) => {
        throw loadFailure(cause);
      });
    throw error;
  } finally {
    archive.destroy();
    await loading?.catch(() => undefined);
    forget();
  }
}

function loadFailure(cause: unknown): DockError {
  if (isDockError(cause) && cause.code !== 'DAEMON_ERROR') return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DockError('LOAD_FAILED', `The engine did not take the image in: ${why}`, { cause });
}
