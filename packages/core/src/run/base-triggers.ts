import type { BaseImage, BuildSpec } from '../contracts/build-spec.js';
import type { EnginePort } from '../contracts/engine-port.js';
import type { Consumer } from '../dockerfile/consumed-inputs.js';
import { onbuildTriggers } from '../dockerfile/onbuild.js';
import { isDockError } from '../errors/dock-error.js';
import { withDefaultTag } from '../reference/change-image-reference.js';
import { formatImageReference } from '../reference/format-image-reference.js';

/** What the look for triggers needs. */
export interface LookScope {
  readonly engine: Pick<EnginePort, 'inspectImage'>;
  readonly signal: AbortSignal;
}

/** What the bases of a build trigger. */
export interface BaseTriggers {
  readonly known: readonly Consumer[];
  /** False when a base is not in the engine, so that nobody knows its triggers. */
  readonly isWhole: boolean;
}

/** Asks the engine what ONBUILD says in the images of the FROMs. */
export async function baseTriggers({ bases }: Pick<BuildSpec, 'bases'>, scope: LookScope): Promise<BaseTriggers> {
  const froms = bases.filter(({ use }) => use === 'from');
  const lists = await Promise.all(froms.map(async (base) => triggersOf(base, scope)));
  return { known: lists.flatMap((list) => list ?? []), isWhole: !lists.includes(undefined) };
}

async function triggersOf(
  { id, text, reference }: BaseImage,
  { engine, signal }: LookScope,
): Promise<Consumer[] | undefined> {
  try {
    const found = await engine.inspectImage(id ?? formatImageReference(withDefaultTag(reference)), { signal });
    return found === undefined ? undefined : onbuildTriggers(found.onBuild, `"${text}"`);
  } catch (error) {
    if (signal.aborted || !isDockError(error)) throw error;
    return undefined;
  }
}
