import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type BuildSpec,
  type EngineImage,
  type Checkout,
  type DockerfileSource,
  type EngineEvent,
  fetchSource,
  type FetchSourceOptions,
  parseDockerfile,
  readDockerfile,
  resolveBases,
  resolveInside,
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
  readonly dockerfile: DockerfileSource;
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
export async function buildForTasker(context: EngineContext, build: TaskerBuild): Promise<EngineImage> {
  const { contextDir, dockerfile, emit, signal, useCache = false } = build;
  const name = composeReference(build.image);
  const { bases } = resolveBases(parseDockerfile(dockerfile.text, { path: dockerfile.path }));
  const spec: BuildSpec = {
    contextDir,
    dockerfile,
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

/**
 * The Dockerfile that a path in a repository names, and the directory around it, which is the context.
 *
 * @param given From the checkout's context: a file, or a directory that holds a `Dockerfile`.
 * @throws PATH_ESCAPES_REPO after symbolic links too, and what `readDockerfile` throws
 */
export async function dockerfileIn(
  { kind, directory, contextDir }: Pick<Checkout, 'kind' | 'directory' | 'contextDir'>,
  given = '',
): Promise<{ readonly contextDir: string; readonly dockerfile: DockerfileSource }> {
  const named = [path.relative(directory, contextDir), given].filter((part) => part !== '').join('/');
  const place = await resolveInside(directory, named);
  const isDirectory =
    given === '' || given.endsWith('/') || (await stat(place).catch(() => undefined))?.isDirectory() === true;
  const folder = isDirectory ? place : await resolveInside(directory, path.dirname(named));
  const file = isDirectory ? 'Dockerfile' : path.basename(named);
  return { contextDir: folder, dockerfile: await readDockerfile({ kind, directory, contextDir: folder }, file) };
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
