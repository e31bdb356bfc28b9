import type { BuildSpec } from '../contracts/build-spec.js';
import type { BuiltImage, EngineImage, PublishedImage } from '../contracts/image.js';
import type { HookName } from '../contracts/phases.js';
import { DockError, isDockError } from '../errors/dock-error.js';
import type { Tap } from '../hooks/tap.js';
import { withOwnBases } from './bases-of-spec.js';
import { isBuiltIn } from './built-in.js';
import { confirmPublished } from './confirm-published.js';
import type { RunScope } from './run-scope.js';

/**
 * What a tap returned, held to what is so: a spec has the bases of its own text, an image is the engine's, and what is published was asked for.
 *
 * @throws PLUGIN_FAILED; DOCKERFILE_INVALID, DOCKERFILE_SYNTAX for a text that is none
 */
export async function confirmReturn(
  scope: RunScope,
  hook: HookName,
  tap: Tap,
  returned: unknown,
  given: unknown,
): Promise<unknown> {
  if (returned === undefined) return undefined;
  if (hook === 'prebuild') return withOwnBases(returned as BuildSpec, given as BuildSpec);
  if (hook === 'push') {
    for (const image of returned as readonly PublishedImage[]) confirmPublished(scope, image);
    return returned;
  }
  if ((hook === 'build' || hook === 'prepublish') && !isBuiltIn(tap.plugin))
    await confirmImage(scope, returned as BuiltImage);
  if (hook === 'prepublish') confirmPlatforms(returned as BuiltImage, given as BuiltImage);
  return returned;
}

/** An image of several platforms is replaced whole, or not at all: what a gate leaves out would not be published. */
function confirmPlatforms(after: BuiltImage, before: BuiltImage): void {
  const kept = new Set(after.platforms.map(({ platform }) => platform));
  const lost = before.platforms.map(({ platform }) => platform).filter((platform) => !kept.has(platform));
  if (before.platforms.length < 2 || lost.length === 0) return;
  throw new DockError(
    'PLUGIN_FAILED',
    `The image that was returned lacks the platform "${lost.join('", "')}" of the image that was built.`,
    { hint: 'Build for one platform, or return an image that has them all.', details: { platforms: lost } },
  );
}

/** An image in the engine is what the engine says of it. One that is elsewhere is asked for where it is, when it is published. */
async function confirmImage({ engine, signal }: RunScope, image: BuiltImage): Promise<void> {
  if (image.place.kind !== 'engine') return;
  const { id } = image.place;
  const actual = await engine.builtImage(id, { signal }).catch((error: unknown) => {
    if (!isDockError(error) || error.code !== 'IMAGE_NOT_FOUND') throw error;
    throw new DockError(
      'PLUGIN_FAILED',
      `The engine has no image "${id}", which was returned as the image of this build.`,
      {
        cause: error,
        hint: 'Return the image that the hook was given, or one that engine.builtImage() describes.',
      },
    );
  });
  const wrong = differences(image as EngineImage, actual);
  if (wrong.length === 0) return;
  throw new DockError(
    'PLUGIN_FAILED',
    `What was returned of image "${id}" is not what the engine has: ${wrong.join('; ')}.`,
    { hint: 'Return what engine.builtImage() says of it.', details: { image: id, differences: wrong } },
  );
}

function differences(told: EngineImage, actual: EngineImage): string[] {
  const fields = ['id', 'store', 'configDigest', 'manifestDigest'] as const;
  const wrong = fields.flatMap((field) =>
    told[field] === undefined || told[field] === actual[field]
      ? []
      : [`${field} is "${actual[field] ?? 'none'}", not "${told[field]}"`],
  );
  for (const each of told.platforms) {
    const same = actual.platforms.find(({ platform }) => platform === each.platform);
    if (same?.configDigest !== each.configDigest)
      wrong.push(
        `platform "${each.platform}" has config "${same?.configDigest ?? 'none'}", not "${each.configDigest}"`,
      );
  }
  return wrong;
}
