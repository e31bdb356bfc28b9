import {
  type BuiltImage,
  DockError,
  type DockHooks,
  formatImageReference,
  parseImageReference,
  type PlatformImage,
  type RemoteImage,
} from '@dock/core';
import { runsOn } from '@dock/core/internal';
import type { ReadTestOptions } from './test-options.js';

/** What taps of `prepublish` get. */
export type GateContext = Parameters<Parameters<DockHooks['prepublish']['tap']>[1]>[1];

/** One platform that a gate runs on. */
export interface GatePlatform {
  readonly platform: string;
  /** Which one the engine is asked for, of an image of several. */
  readonly asked?: string;
  /** The image for it, in the engine. One that only a registry has is pulled by its digest, and is gone from the engine at the end. */
  readonly take: () => Promise<BuiltImage>;
}

/**
 * The platforms that a gate runs on: of several all that the engine runs. The others are told as not run.
 *
 * @throws GATE_FAILED where none can run, or where all are to pass and one cannot run
 */
export async function gatePlatforms(
  image: BuiltImage,
  context: GateContext,
  { name, platforms }: ReadTestOptions,
): Promise<readonly GatePlatform[]> {
  const local = (chosen?: PlatformImage) => async (): Promise<BuiltImage> =>
    image.place.kind === 'registry' ? pulled(image as RemoteImage, chosen, context) : image;
  const [first] = image.platforms;
  if (image.platforms.length < 2) return [{ platform: first?.platform ?? '', take: local(first) }];
  const runnable = await context.engine.runnablePlatforms({ signal: context.signal });
  const isLeft = ({ platform }: PlatformImage): boolean => !runsOn(runnable, platform);
  const left = image.platforms.filter(isLeft).map(({ platform }) => platform);
  const why = `the engine runs ${runnable.join(', ')}`;
  for (const platform of left) context.reportGate({ platform, status: 'not-run', why });
  if (left.length > 0 && (platforms === 'all' || left.length === image.platforms.length))
    throw new DockError('GATE_FAILED', `Gate "${name}" cannot run on ${left.join(', ')}: ${why}.`, {
      hint: 'Install an emulator for them on the machine of the engine, or use an engine on such a machine.',
      details: { platforms: left },
    });
  for (const platform of left)
    context.warn(`Gate "${name}" did not run on ${platform}: ${why}.`, {
      hint: 'test({ platforms: "all" }) makes that a failure.',
    });
  return image.platforms
    .filter((each) => !isLeft(each))
    .map((each) => ({ platform: each.platform, asked: each.platform, take: local(each) }));
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
