import type { TargetReference } from '../contracts/build-spec.js';
import type { PublishedImage } from '../contracts/image.js';
import { DockError } from '../errors/dock-error.js';
import { familiarImageReference } from '../reference/format-image-reference.js';
import { targetName } from './run-record.js';
import type { RunScope } from './run-scope.js';

/**
 * Believe a published image only as far as the run knows: it was to be published, it is the image that was built, and its digest is the one that was transferred.
 *
 * @throws PLUGIN_FAILED
 */
export function confirmPublished(scope: RunScope, image: PublishedImage): void {
  const { record } = scope;
  confirmAsked(scope, image.reference);
  const name = targetName(image.reference);
  if (image.registry !== image.reference.registry)
    throw wrong(
      `"${name}" is reported for the registry "${image.registry}", and it is of "${image.reference.registry}"`,
    );
  if (image.name !== name && image.name !== familiarImageReference(image.reference))
    throw wrong(`"${name}" is reported under the name "${image.name}"`);
  const { configDigest } = image;
  const configs = configsOf(scope);
  if (configDigest !== undefined && configs.length > 0 && !configs.includes(configDigest))
    throw wrong(
      `"${name}" is reported with the config "${configDigest}", and the image that was built has "${configs.join('" or "')}"`,
    );
  const transferred = scope.transferred.get(name) ?? [];
  if (transferred.length > 0 && !transferred.includes(image.digest))
    throw wrong(
      `"${name}" is reported with the digest "${image.digest}", and what was transferred has "${transferred.at(-1) ?? ''}"`,
    );
  const before = record.published.find(({ reference }) => targetName(reference) === name);
  if (before !== undefined && before.digest !== image.digest && transferred.length === 0)
    throw wrong(
      `"${name}" is reported with the digest "${image.digest}", and was reported with "${before.digest}" before`,
    );
}

/** @throws PLUGIN_FAILED for a reference that this run was not to publish */
export function confirmAsked({ record }: RunScope, reference: TargetReference): void {
  const wanted = targetName(reference);
  if (record.requested.some((each) => targetName(each) === wanted)) return;
  throw wrong(`"${wanted}" is reported, and this run was not to publish it`);
}

function configsOf({ record }: RunScope): string[] {
  const { image } = record;
  return image === undefined ? [] : [image.configDigest, ...image.platforms.map(({ configDigest }) => configDigest)];
}

function wrong(message: string): DockError {
  return new DockError('PLUGIN_FAILED', `${message}.`, {
    hint: 'A tap of "push" reports what was asked for, with the digest that was transferred.',
  });
}
