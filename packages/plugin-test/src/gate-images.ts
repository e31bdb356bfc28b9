import {
  type BuiltImage,
  DockError,
  type DockHooks,
  formatImageReference,
  parseImageReference,
  type PlatformImage,
  type RemoteImage,
} from '@dock/core';
import type { ReadTestOptions } from './test-options.js';

type GateContext = Parameters<Parameters<DockHooks['prepublish']['tap']>[1]>[1];

/** The image that a gate runs, and the platform that it says something about. */
export interface GateImage {
  readonly image: BuiltImage;
  readonly platform: string;
}

/**
 * The image for the gate, in the engine: of several platforms the engine's own, and the others are told as not run. One that only a registry has is pulled by
 * its digest, and is gone from the engine at the end.
 *
 * @returns `undefined` when the engine runs none of the platforms
 * @throws GATE_FAILED where all platforms are to pass and one cannot run
 */
export async function gateImage(
  image: BuiltImage,
  context: GateContext,
  { name, platforms }: ReadTestOptions,
): Promise<GateImage | undefined> {
  const { engine, signal } = context;
  const [first] = image.platforms;
  const isOne = image.platforms.length < 2;
  const own = isOne ? (first?.platform ?? '') : (await engine.describe({ signal })).platform;
  const chosen = isOne ? first : image.platforms.find(({ platform }) => isSame(platform, own));
  const left = isOne ? [] : image.platforms.filter((each) => each !== chosen);
  for (const { platform } of left) {
    const why = `the engine runs ${own}`;
    context.reportGate({ platform, status: 'not-run', why });
    if (platforms !== 'all') context.warn(`Gate "${name}" did not run on ${platform}: ${why}.`);
  }
  if (left.length > 0 && platforms === 'all')
    throw new DockError(
      'GATE_FAILED',
      `Gate "${name}" must pass on all platforms, and did not run on ${left.map(({ platform }) => platform).join(', ')}: the engine runs ${own}.`,
      { hint: 'Run it where an engine has these platforms, or leave "platforms" out.' },
    );
  if (!isOne && chosen === undefined) return undefined;
  const local = image.place.kind === 'registry' ? await pulled(image as RemoteImage, chosen, context) : image;
  return { image: local, platform: chosen?.platform ?? own };
}

/** Whether two platforms are the same but for a variant that only one of them names. */
function isSame(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

/** @throws IMAGE_NOT_FOUND, PULL_FAILED, …; DIGEST_MISMATCH when the engine has another image then */
async function pulled(
  { place, manifestDigest }: RemoteImage,
  chosen: PlatformImage | undefined,
  context: GateContext,
): Promise<BuiltImage> {
  const { engine, signal } = context;
  if (place.kind !== 'registry') throw new RangeError('an image of a registry');
  const digest = chosen?.manifestDigest ?? manifestDigest ?? place.digest;
  const reference = parseImageReference(`${place.repository}@${digest}`);
  const name = formatImageReference(reference);
  const isNew = (await engine.inspectImage(name, { signal })) === undefined;
  const { id } = await engine.pullImage(reference, { signal, onEvent: (event) => context.emit(event) });
  if (isNew)
    context.onCleanup(`remove "${name}"`, async (cleanup) => engine.removeImage(name, { signal: cleanup }), {
      kind: 'own-name',
      name,
    });
  const image = await engine.builtImage(id, { signal });
  if (chosen !== undefined && image.configDigest !== chosen.configDigest)
    throw new DockError(
      'DIGEST_MISMATCH',
      `The engine pulled "${name}" as "${image.configDigest}", and "${chosen.configDigest}" was built.`,
    );
  return image;
}
