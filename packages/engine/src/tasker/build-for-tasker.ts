import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type BuildSpec,
  type BuiltImage,
  type Checkout,
  DockError,
  type EngineEvent,
  fetchSource,
  type FetchSourceOptions,
  parseDockerfile,
  resolveBases,
  type SourceRequest,
} from '@dock/core';
import { buildImage } from '../build/build-image.js';
import type { EngineContext } from '../engine-context.js';
import { tagImage } from '../images/local-images.js';
import { composeReference } from './target-name.js';

/** Options of both builds. */
export interface TaskerBuildOptions {
  /** @default false */
  readonly useCache?: boolean;
  readonly signal?: AbortSignal;
}

/** What is built, and what it is called. */
export interface TaskerBuild extends TaskerBuildOptions {
  readonly contextDir: string;
  /** Absolute path of the Dockerfile. */
  readonly dockerfilePath: string;
  readonly image: string;
  readonly emit: (text: string) => void;
}

/** The text of a build's events, as `docker build` prints it. */
export function eventText(event: EngineEvent): string {
  if (event.type === 'step.start')
    return event.index === undefined ? `${event.name}\n` : `Step ${event.index}/${event.total} : ${event.name}\n`;
  if (event.type === 'step.log') return event.text;
  if (event.type === 'step.end' && event.isCached) return ' ---> Using cache\n';
  if (event.type === 'log' || event.type === 'warning') return `${event.message}\n`;
  return '';
}

/** Build a directory, then give the image its name. */
export async function buildForTasker(context: EngineContext, build: TaskerBuild): Promise<BuiltImage> {
  const { contextDir, dockerfilePath, emit, signal, useCache = false } = build;
  const name = composeReference(build.image);
  const text = await readFile(dockerfilePath, 'utf8').catch((error: unknown) => {
    throw new DockError('DOCKERFILE_NOT_FOUND', `there is no Dockerfile at "${dockerfilePath}"`, { cause: error });
  });
  const { bases } = resolveBases(parseDockerfile(text, { path: dockerfilePath }));
  const spec: BuildSpec = {
    contextDir,
    dockerfile: { path: dockerfilePath, text },
    buildArgs: {},
    labels: {},
    platforms: [],
    builder: 'auto',
    noCache: !useCache,
    pull: false,
    bases: bases.flatMap(({ use, text: written, reference, line }) =>
      reference === undefined ? [] : [{ use, text: written, reference, line }],
    ),
    references: [name],
  };
  const options = signal === undefined ? {} : { signal };
  const image = await buildImage(spec, context, { ...options, onEvent: (event) => emit(eventText(event)) });
  await tagImage(context.connection, image.id, name, options);
  emit(`Successfully built ${image.id}\nSuccessfully tagged ${build.image}\n`);
  return image;
}

/** A Dockerfile's place inside a directory: a file, or a directory that holds one. @throws PATH_ESCAPES_REPO */
export function dockerfileIn(directory: string, given = ''): string {
  const resolved = path.resolve(
    directory,
    given === '' || given.endsWith('/') ? path.join(given, 'Dockerfile') : given,
  );
  if (resolved !== directory && !resolved.startsWith(`${directory}${path.sep}`))
    throw new DockError('PATH_ESCAPES_REPO', `the path "${given}" leads to "${resolved}", out of "${directory}"`);
  return resolved;
}

/** Fetch a git repository into a private directory for as long as an act needs it. */
export async function withCheckout<T>(
  request: SourceRequest,
  options: Omit<FetchSourceOptions, 'workDir'>,
  act: (checkout: Checkout) => Promise<T>,
): Promise<T> {
  const workDir = await mkdtemp(path.join(tmpdir(), 'dock-tasker-'));
  try {
    return await act(await fetchSource(request, { ...options, workDir }));
  } finally {
    await rm(workDir, { recursive: true, force: true, maxRetries: 3 });
  }
}
