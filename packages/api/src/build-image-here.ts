import type { BuildRequest, BuildResult, DockRunner } from '@dock/core';
import { type BuildOptions, buildFields, buildImage, requestFields } from './build-image.js';
import { checkCall, type Fields } from './check-call.js';
import { splitDockerfilePath } from './git-dockerfile-path.js';

/** Parameters of {@link buildImageHere}: those of the predecessor, then everything else that a build can be asked for. */
export interface BuildImageHereParameters
  extends BuildOptions,
    Omit<BuildRequest, 'source' | 'tags' | 'dockerfile' | 'targetRegistries'> {
  /** URL of the git repository. */
  readonly gitUrl: string;
  /** Name of the built image, `[registry/]name[:tag]`. */
  readonly image: string;
  /** The Dockerfile in the repository, or the directory that holds it; that directory is the build context. @default the root */
  readonly gitDockerfilePath?: string;
  /** Branch, tag or commit. @default the remote's HEAD */
  readonly gitCommit?: string;
  /** Registry that the base images are taken from. */
  readonly parentRegistry?: string;
  /** Registries to publish to, under the image's own name. */
  readonly targetRegistries?: readonly string[];
  /** Git schemes beyond https and ssh that this call may use. */
  readonly allowedSchemes?: readonly string[];
}

const { tags: _tags, dockerfile: _dockerfile, ...otherRequestFields } = requestFields;

/**
 * Build an image from a git repository, in this process, on the engine that it is pointed at.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function buildImageHere(parameters: BuildImageHereParameters): Promise<BuildResult> {
  return buildFromGit(parameters, [parameters?.image]);
}

/** What a sibling of {@link buildImageHere} takes beside. */
export interface GitBuildVariant {
  /** Name of the call, for messages. */
  readonly subject: string;
  /** Its own keys. */
  readonly fields: Fields;
  /** The runner, from the values of those keys. */
  readonly runner: (given: Readonly<Record<string, unknown>>) => Promise<DockRunner>;
}

/** As {@link buildImageHere}, with other names for the image, or none. */
export async function buildFromGit(
  parameters: BuildImageHereParameters,
  tags: readonly string[],
  variant?: GitBuildVariant,
): Promise<BuildResult> {
  const { runner: _runner, ...fieldsOfVariants } = buildFields;
  checkCall(
    parameters,
    {
      gitUrl: 'string!',
      image: 'string!',
      gitDockerfilePath: 'string',
      gitCommit: 'string',
      allowedSchemes: 'strings',
      ...otherRequestFields,
      ...(variant === undefined ? buildFields : { ...fieldsOfVariants, ...variant.fields }),
    },
    variant?.subject ?? 'buildImageHere',
  );
  const [own, common] = pick(parameters, variant?.fields ?? {});
  const runner = await variant?.runner(own);
  const { gitUrl, image: _image, gitDockerfilePath, gitCommit, allowedSchemes, ...rest } = common;
  const { subdir, dockerfile } = splitDockerfilePath(gitDockerfilePath ?? '');
  const [options, request] = pick(rest, buildFields);
  return buildImage(
    {
      ...request,
      source: {
        kind: 'git',
        url: gitUrl,
        ...(gitCommit === undefined ? {} : { ref: gitCommit }),
        ...(subdir === undefined ? {} : { subdir }),
        ...(allowedSchemes === undefined ? {} : { allowedSchemes }),
      },
      tags,
      ...(dockerfile === undefined ? {} : { dockerfile }),
    },
    {
      ...(options as BuildOptions),
      ...(runner === undefined ? {} : { runner }),
      ...(typeof own['configFile'] === 'string' ? { configFile: own['configFile'] } : {}),
    },
  );
}

/** The members of these keys, and the others. */
function pick<T extends object>(value: T, fields: Fields): [Readonly<Record<string, unknown>>, T] {
  const entries = Object.entries(value);
  const isField = ([key]: [string, unknown]) => Object.hasOwn(fields, key);
  return [
    Object.fromEntries(entries.filter(isField)),
    Object.fromEntries(entries.filter((entry) => !isField(entry))) as T,
  ];
}
