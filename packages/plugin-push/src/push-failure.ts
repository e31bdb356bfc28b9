import { type BuiltImage, describeImage, DockError, type PublishedImage } from '@dock/core';
import type { PublishFailure } from './publish-reference.js';

/** Which failure decides the exit status: authentication, then the environment, a refusal, a time limit; the rest last. */
const exitOrder = [4, 3, 1, 124];

function rank({ exitStatus }: DockError): number {
  const at = exitOrder.indexOf(exitStatus);
  return at < 0 ? exitOrder.length : at;
}

/** The failures, the one that decides first. */
export function byWeight(errors: readonly DockError[]): DockError[] {
  return errors.toSorted((a, b) => rank(a) - rank(b));
}

/** How to publish what is missing without a rebuild. */
function keptHint(image: BuiltImage, names: readonly string[]): string {
  if (image.place.kind !== 'engine') return `The image is kept, without a name, as ${describeImage(image)}.`;
  const id = describeImage(image);
  const tags = names.map((name) => `--tag ${name}`).join(' ');
  return `The image is built locally as ${id}; run "dock push ${id} ${tags}" to publish it without a rebuild.`;
}

/**
 * The error of a push: PUSH_PARTIAL when something is out, else the failure itself (the heaviest; the others are attached).
 *
 * @param failures At least one.
 */
export function pushFailure(
  failures: readonly PublishFailure[],
  published: readonly PublishedImage[],
  image: BuiltImage,
): DockError {
  const names = failures.map(({ unpublished }) => unpublished.name);
  const errors = byWeight(failures.map(({ error }) => error));
  const [first, ...others] = errors;
  if (first === undefined) return new DockError('INTERNAL', 'A push failed without an error.');
  if (published.length > 0) return partialFailure(failures, published, image, errors);
  const attempts = failures.find(({ error }) => error === first)?.unpublished.attempts ?? 1;
  const tried = attempts > 1 ? ` (${attempts} attempts)` : '';
  return first.with({
    message: `${first.message}${tried}`,
    hint: `${first.hint} ${keptHint(image, names)}`,
    cause: first,
    details: { attempts, imageId: describeImage(image) },
    attached: others,
  });
}

function partialFailure(
  failures: readonly PublishFailure[],
  published: readonly PublishedImage[],
  image: BuiltImage,
  errors: readonly DockError[],
): DockError {
  const out = published.map(({ name, digest }) => `"${name}" is published as ${digest}`);
  const missing = failures.map(
    ({ unpublished, error }) => `"${unpublished.name}" is not (${error.code}: ${error.message.replace(/\.$/, '')})`,
  );
  const error = new DockError('PUSH_PARTIAL', `${[...out, ...missing].join('; ')}.`, {
    hint: `${errors[0]?.hint ?? ''} ${keptHint(
      image,
      failures.map(({ unpublished }) => unpublished.name),
    )}`.trim(),
    cause: errors[0],
    retryable: errors.every(({ retryable }) => retryable),
    ...(errors[0] === undefined ? {} : { exitStatus: errors[0].exitStatus }),
    details: {
      imageId: describeImage(image),
      published: published.map(({ name, digest }) => ({ name, digest })),
      unpublished: failures.map(({ unpublished }) => ({
        name: unpublished.name,
        code: unpublished.error.code,
        attempts: unpublished.attempts,
      })),
    },
  });
  error.attached.push(...errors);
  return error;
}
