import {
  type EngineImage,
  DockError,
  type EnginePort,
  formatImageReference,
  isImageReference,
  parseImageReference,
  type RunContext,
  type TargetReference,
} from '@dock/core';

/** A name that the image has while it is pushed. */
export interface LentName {
  /** See to it that the name is the image's, right before a push. @throws TAG_MOVED */
  ensure(signal: AbortSignal): Promise<void>;
  /** Take a name away that the image has only for the push; what it named before, it names again. Again is harmless. */
  giveBack(signal?: AbortSignal): Promise<void>;
}

/** Gives the names of one image, and takes them back one after the other. */
export interface NameLender {
  lend(reference: TargetReference): LentName;
}

/** Deadline of giving one name back, ms: it also happens after a cancellation. */
const giveBackMs = 8_000;

/** What lending names needs of a run. */
export interface LenderScope {
  readonly engine: EnginePort;
  readonly image: EngineImage;
  /** Hears of a name that has to stay. */
  warn(message: string): void;
  /** Where a name that could not be given back is given back at last. */
  readonly onCleanup: RunContext['onCleanup'];
}

/** A lender of names for one image. */
export function createNameLender(scope: LenderScope): NameLender {
  let last: Promise<unknown> = Promise.resolve();
  // One at a time: two removals at once would both see the other's name, and together remove the image's last one.
  const inTurn = async (work: () => Promise<void>): Promise<void> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return { lend: (reference) => lendName(reference, { ...scope, inTurn }) };
}

interface LendScope extends LenderScope {
  inTurn(work: () => Promise<void>): Promise<void>;
}

function lendName(reference: TargetReference, scope: LendScope): LentName {
  const { engine, image } = scope;
  const name = formatImageReference(reference);
  const isLent = reference.isPublishOnly === true;
  let previous: string | undefined;
  let isTaken = false;
  let isReturned = false;

  const take = async (signal: AbortSignal) => {
    const found = await engine.inspectImage(name, { signal });
    // Somebody removed the name while it was lent: there is nothing to restore any more.
    if (isTaken && found === undefined) previous = undefined;
    if (!isTaken && isLent) previous = found?.id;
    const isFree = found === undefined || (isLent && !isTaken);
    const isFirst = !isTaken;
    isTaken = true;
    if (found?.id === image.id) return;
    if (!isFree) throw tagMoved(name, image.id, found?.id);
    if (isFirst && isLent) noteFirst();
    await engine.tagImage(image.id, reference, { signal });
    const now = await engine.inspectImage(name, { signal });
    if (now?.id !== image.id) throw tagMoved(name, image.id, now?.id);
  };

  const giveBack = async (signal?: AbortSignal) => {
    if (!isLent || !isTaken || isReturned) return;
    const call = { timeoutMs: giveBackMs, ...(signal === undefined ? {} : { signal }) };
    const found = await engine.inspectImage(name, call);
    const isOurs = found?.id === image.id && previous !== image.id;
    if (isOurs && previous !== undefined) await engine.tagImage(previous, reference, call);
    else if (isOurs && (found.tags.length === 0 || found.tags.every((tag) => isSameName(tag, name)))) {
      scope.warn(`"${name}" stays in the engine: it is the only name of the image ${image.id}.`);
    } else if (isOurs) await engine.removeImage(name, { ...call, noPrune: true });
    isReturned = true;
  };

  const inTurn = async (signal?: AbortSignal) => scope.inTurn(() => giveBack(signal));
  const noteFirst = () =>
    scope.onCleanup(`take back the name "${name}"`, inTurn, {
      kind: 'lent-name',
      name,
      image: image.id,
      ...(previous === undefined ? {} : { previous }),
    });
  return { ensure: take, giveBack: inTurn };
}

function isSameName(tag: string, name: string): boolean {
  return isImageReference(tag) && formatImageReference(parseImageReference(tag)) === name;
}

function tagMoved(name: string, wanted: string, found: string | undefined): DockError {
  return new DockError(
    'TAG_MOVED',
    `"${name}" should name the built image ${wanted}, but now names ${found === undefined ? 'nothing' : found}.`,
    { details: { name, built: wanted, ...(found === undefined ? {} : { found }) } },
  );
}
