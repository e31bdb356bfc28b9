import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildResult,
  DockError,
  type DockPlugin,
  isDockError,
  optionSchemas,
  parseImageIdOrReference,
} from '@dock/core';
import { runSchemas } from './build-image.js';
import { callKinds, checkCall } from './check-call.js';
import { type RunOptions, runBuild } from './run/run-build.js';
import { currentDirectory } from './run/surroundings.js';

/** Parameters of {@link pushImage}. */
export interface PushImageParameters extends RunOptions {
  /** ID (or name) of an image that the engine has. */
  readonly imageId: string;
  /** Names to publish it under, `registry/name[:tag]`. */
  readonly tags: readonly string[];
  /** Names that move once every one of `tags` is published. */
  readonly floating?: readonly string[];
  /** Whether the registry has to confirm the push. @default 'auto' */
  readonly verify?: 'auto' | 'required' | 'off';
  /** @default push() */
  readonly plugins?: readonly DockPlugin[];
}

/**
 * Publish an image that is already built, without a rebuild: the same push, checks and result as in a build.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key
 */
export async function pushImage(parameters: PushImageParameters): Promise<BuildResult> {
  const z = await import('@dock/core/schema');
  const named = { imageId: z.string().min(1), tags: z.array(z.string()), plugins: callKinds(z).list };
  const { floating: names, verify: confirmation } = optionSchemas(z);
  checkCall(
    z,
    parameters,
    { ...named, floating: names, verify: confirmation, ...runSchemas(z) },
    'the call of pushImage',
  );
  const { imageId, tags, floating = [], verify, plugins, ...options } = parameters;
  return runBuild(async () => {
    if (tags.length + floating.length === 0)
      throw new DockError('USAGE', `Image "${imageId}" was given no name to publish it under.`, {
        hint: 'Name it with --tag REGISTRY/NAME:TAG.',
      });
    checkImageId(imageId);
    return {
      request: {
        source: { kind: 'path', path: options.cwd ?? currentDirectory() },
        tags,
        floating,
        ...(verify === undefined ? {} : { verify }),
      },
      plugins: [existingImage(imageId), ...(plugins ?? [])],
      push: true,
      isBuilt: true,
    };
  }, options);
}

/** Before any registry is asked. A shortened ID is what only the engine can tell. @throws INVALID_IMAGE_NAME */
function checkImageId(imageId: string): void {
  if (!/^sha256:[0-9a-f]{4,64}$/.test(imageId)) parseImageIdOrReference(imageId);
}

/** Takes the place of source and build: nothing is read from the user's directory, and the image is the one that is there. */
function existingImage(imageId: string): DockPlugin {
  return {
    name: 'dock:existing-image',
    apply(dock) {
      dock.hooks.source.tap('dock:existing-image', async (_request, { workDir }) => {
        await writeFile(join(workDir, 'Dockerfile'), 'FROM scratch\n');
        return { kind: 'path', directory: workDir, contextDir: workDir };
      });
      dock.hooks.build.tap('dock:existing-image', async (_spec, { engine, signal }) => {
        try {
          return await engine.builtImage(imageId, { signal });
        } catch (error) {
          if (!isDockError(error) || error.code !== 'IMAGE_NOT_FOUND') throw error;
          throw new DockError('IMAGE_NOT_FOUND', `The engine has no image "${imageId}" to publish.`, {
            hint: 'The result of the run that built it names its ID; "docker images --all --no-trunc" lists what the engine has.',
            cause: error,
          });
        }
      });
    },
  };
}
