import {
  type BuiltImage,
  DockError,
  type DockHooks,
  type DockPlugin,
  type EngineEvent,
  engineImage,
  parsePluginOptions,
  type PublishedImage,
  type RemoteImage,
  type TargetReference,
} from '@dock/core';
import { targetName } from '@dock/core/internal';
import { preflight } from './preflight.js';
import { failureOf, publishedName, type PublishFailure, type PublishOutcome } from './publish-reference.js';
import { publishReferences } from './publish-references.js';
import { pushFailure } from './push-failure.js';
import { putNames } from './put-names.js';
import { type PushOptions, pushOptionsSchema, type ReadPushOptions } from './push-options.js';

type PushContext = Parameters<Parameters<DockHooks['push']['tap']>[1]>[3];

/**
 * Publish the image under its names. Before the build it asks each registry whether it answers and takes our credentials; after the
 * gates it pushes the fixed names at the same time (`transfer`), and the floating ones once all of those are out (`promote`).
 *
 * @throws CONFIG_INVALID
 */
export function push(options: PushOptions = {}): DockPlugin {
  const read = parsePluginOptions(pushOptionsSchema, options, options.name ?? 'push');
  const { name } = read;
  return {
    name,
    optional: read.optional,
    publishes: true,
    apply({ hooks }) {
      hooks.prebuild.tap(
        `${name}: preflight`,
        async (spec, context) => {
          if (context.isPublishing) await preflight(spec, context, read);
        },
        { stage: 'preflight' },
      );
      hooks.push.tap(
        `${name}: transfer`,
        (published, references, image, context) => {
          const missing = references.filter((reference) => isMissing(reference, published));
          return publish(missing.filter(isFixed), published, image, context, read, missing.filter(isFloating));
        },
        { stage: 'transfer', timeoutMs: Number.POSITIVE_INFINITY },
      );
      hooks.push.tap(
        `${name}: promote`,
        (published, references, image, context) => {
          const missing = references.filter((reference) => isMissing(reference, published));
          // A fixed name that is not out was reported by the transfer; then no floating name may move.
          if (missing.some(isFixed)) return undefined;
          return publish(missing.filter(isFloating), published, image, context, read, []);
        },
        { stage: 'promote', timeoutMs: Number.POSITIVE_INFINITY },
      );
    },
  };
}

const isFloating = (reference: TargetReference): boolean => reference.isFloating === true;
const isFixed = (reference: TargetReference): boolean => !isFloating(reference);

function isMissing(reference: TargetReference, published: readonly PublishedImage[]): boolean {
  const name = targetName(reference);
  return reference.isLocalOnly !== true && !published.some((image) => targetName(image.reference) === name);
}

/** What the run asks for, in the plugin's own words. */
const asked = { auto: true, required: 'required', off: false } as const;

/** @param held References that are not moved if one of these fails. */
async function publish(
  references: readonly TargetReference[],
  before: readonly PublishedImage[],
  image: BuiltImage,
  context: PushContext,
  options: ReadPushOptions,
  held: readonly TargetReference[],
): Promise<readonly PublishedImage[] | undefined> {
  if (references.length === 0) return undefined;
  const { retries, backoffMs, idleTimeoutMs, concurrency } = options;
  const verify = context.verify === undefined ? options.verify : asked[context.verify];
  const failures: PublishFailure[] = [];
  const published: PublishedImage[] = [];
  const shared = {
    signal: context.signal,
    ...(retries === undefined ? {} : { retries }),
    backoffMs,
    verify,
    concurrency,
    emit: (event: EngineEvent) => context.emit(event),
    warn: (message: string) => context.warn(message),
    onOutcome: (outcome: PublishOutcome) => {
      if ('published' in outcome) {
        published.push(outcome.published);
        context.reportPublished(outcome.published);
        if (outcome.published.unverifiedReason !== undefined && verify !== false)
          context.warn(`"${outcome.published.name}" could not be confirmed: ${outcome.published.unverifiedReason}`);
      } else {
        failures.push(outcome.failure);
        context.reportUnpublished(outcome.failure.unpublished);
      }
    },
  };
  if (image.place.kind === 'engine')
    await publishReferences(references, {
      ...shared,
      engine: context.engine,
      image: engineImage(image, 'A push through the engine'),
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      onCleanup: (name, undo, note) => context.onCleanup(name, undo, note),
    });
  else await putNames(references, { ...shared, registry: context.registry, image: image as RemoteImage });
  const all = [...before, ...inOrder(published, references, ({ name }) => name)];
  if (failures.length === 0) return all;
  const inTurn = inOrder(failures, references, ({ unpublished }) => unpublished.name);
  const failure = pushFailure(inTurn, all, image);
  for (const reference of held) reportHeld(reference, failure, context);
  throw failure;
}

/** What came of references, in the order of the references. */
function inOrder<T>(
  outcomes: readonly T[],
  references: readonly TargetReference[],
  nameOf: (outcome: T) => string,
): T[] {
  const order = references.map(publishedName);
  return outcomes.toSorted((a, b) => order.indexOf(nameOf(a)) - order.indexOf(nameOf(b)));
}

function reportHeld(reference: TargetReference, failure: DockError, context: PushContext): void {
  const name = publishedName(reference);
  const error = new DockError(
    failure.code,
    `The floating name "${name}" was not moved, because a fixed name could not be published.`,
    { hint: failure.hint, retryable: failure.retryable },
  );
  const outcome = failureOf({ reference, name, registry: reference.registry, attempts: 0 }, error);
  if ('failure' in outcome) context.reportUnpublished(outcome.failure.unpublished);
}
