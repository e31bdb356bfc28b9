import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BuildResult, DockError, optionSchemas } from '@dock/core';
import { runSchemas } from '../build-image.js';
import { callKinds, checkCall } from '../check-call.js';
import { type RunOptions, runBuild } from '../run/run-build.js';
import { currentDirectory } from '../run/surroundings.js';

/**
 * What a build image is made of when nobody names a base: Node on Debian, by the digest of its index, which holds all platforms. A release of dock
 * takes a newer one.
 */
export const defaultBase =
  'docker.io/library/node:20-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0';

/** Parameters of {@link createBuildImage}. */
export interface CreateBuildImageParameters extends RunOptions {
  /** Names of the build image in the engine. */
  readonly tags: readonly string[];
  /** Image to make it of. @default Node on Debian, pinned by digest */
  readonly base?: string;
  /** Directory with a Dockerfile of one's own, which makes the base; not beside `base`. */
  readonly directory?: string;
  /** Give it an engine, for the privileged runner. @default false */
  readonly withEngine?: boolean;
  /** Ask the registry for a newer base. @default false */
  readonly pull?: boolean;
  /** Build every step again. @default false */
  readonly noCache?: boolean;
  /** Network of what is installed: `default`, `none`, `host` or a name. */
  readonly network?: string;
  /** Directory of the package with the command `dock` that goes into the image. @default `@dock/cli` as installed beside this package or in `cwd` */
  readonly program?: string;
}

/**
 * Build a build image: a base, of which only what it lacks of Node, git, certificates and, when asked, an engine is installed; and this dock, as it is
 * installed here, for `dock inside-build` by hand. What the run meets is in the result.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function createBuildImage(parameters: CreateBuildImageParameters): Promise<BuildResult> {
  const z = await import('@dock/core/schema');
  const { text, boolean } = callKinds(z);
  const { pull: pulls, noCache: noCaches, network: networks } = optionSchemas(z);
  const asked = { base: text, directory: text, withEngine: boolean, program: text };
  const shared = { pull: pulls, noCache: noCaches, network: networks };
  const schemas = { ...runSchemas(z), tags: z.array(z.string()), ...asked, ...shared };
  checkCall(z, parameters, schemas, 'the call of createBuildImage');
  const { tags, base, directory, withEngine = false, pull = false, noCache, network, program, ...options } = parameters;
  const cwd = options.cwd ?? currentDirectory();
  return runBuild(async () => {
    if (tags.length === 0) {
      throw new DockError('USAGE', 'The build image was given no name.', { hint: 'Name it with --tag NAME[:TAG].' });
    }
    if (base !== undefined && directory !== undefined) {
      throw new DockError('USAGE', `The base "${base}" and the directory "${directory}" exclude each other.`, {
        hint: 'The Dockerfile in the directory names its own base.',
      });
    }
    const origin =
      directory === undefined
        ? { kind: 'image' as const, name: base ?? defaultBase }
        : { kind: 'directory' as const, path: dockerfileDirectory(resolve(cwd, directory)) };
    const [{ buildImagePlugin }, { findProgram }] = await Promise.all([
      import('./build-image-plugin.js'),
      import('./find-program.js'),
    ]);
    const plugin = buildImagePlugin({ origin, withEngine, pull, program: findProgram(program, cwd), network, noCache });
    return {
      request: {
        source: { kind: 'path', path: cwd },
        tags,
        publish: false,
        ...(network === undefined ? {} : { network }),
        ...(noCache === undefined ? {} : { noCache }),
      },
      plugins: [plugin],
    };
  }, options);
}

/** @throws SOURCE_NOT_FOUND, DOCKERFILE_NOT_FOUND */
function dockerfileDirectory(path: string): string {
  if (!existsSync(path)) throw new DockError('SOURCE_NOT_FOUND', `The directory "${path}" does not exist.`);
  if (existsSync(join(path, 'Dockerfile'))) return path;
  throw new DockError('DOCKERFILE_NOT_FOUND', `There is no Dockerfile in "${path}".`, {
    hint: 'Name a directory with one, or leave it out and name an image with --base.',
  });
}
