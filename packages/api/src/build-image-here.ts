import { type BuildRequest, type BuildResult, type DockRunner, optionSchemas, type SchemaBuilders } from '@dock/core';
import { type BuildOptions, buildImage, buildSchemas } from './build-image.js';
import { callKinds, type CallSchemas, checkCall } from './check-call.js';
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
  schemas(z: SchemaBuilders): CallSchemas;
  /** The runner, from the values of those keys. */
  readonly runner: (given: Readonly<Record<string, unknown>>) => Promise<DockRunner>;
}

/** As {@link buildImageHere}, with other names for the image, or none. */
export async function buildFromGit(
  parameters: BuildImageHereParameters,
  tags: readonly string[],
  variant?: GitBuildVariant,
): Promise<BuildResult> {
  const z = await import('@dock/core/schema');
  const { texts, text } = callKinds(z);
  const { dockerfile: _dockerfile, ...options } = optionSchemas(z);
  const calls = buildSchemas(z);
  const { runner: _runner, ...callsOfVariants } = calls;
  const ownSchemas = variant?.schemas(z) ?? {};
  const named = { gitUrl: z.string().min(1), image: z.string().min(1) };
  const others = { gitDockerfilePath: text, gitCommit: text, allowedSchemes: texts };
  checkCall(
    z,
    parameters,
    { ...named, ...others, ...options, ...(variant === undefined ? calls : { ...callsOfVariants, ...ownSchemas }) },
    `the call of ${variant?.subject ?? 'buildImageHere'}`,
  );
  const [own, common] = pick(parameters, ownSchemas);
  const runner = await variant?.runner(own);
  const { gitUrl, image: _image, gitDockerfilePath, gitCommit, allowedSchemes, ...rest } = common;
  const { subdir, dockerfile } = splitDockerfilePath(gitDockerfilePath ?? '');
  const [callOptions, request] = pick(rest, calls);
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
      ...(callOptions as BuildOptions),
      ...(runner === undefined ? {} : { runner }),
      ...(typeof own['configFile'] === 'string' ? { configFile: own['configFile'] } : {}),
    },
  );
}

/** The members of these keys, and the others. */
function pick<T extends object>(value: T, schemas: CallSchemas): [Readonly<Record<string, unknown>>, T] {
  const entries = Object.entries(value);
  const isField = ([key]: [string, unknown]) => Object.hasOwn(schemas, key);
  return [
    Object.fromEntries(entries.filter(isField)),
    Object.fromEntries(entries.filter((entry) => !isField(entry))) as T,
  ];
}
