import { DockError, familiarImageReference, type ImageReference, isDockError, isSameImage } from '@dock/core';
import { aliasImage } from './alias-image.js';
import { byDigest, findLocalImage, type LocalImage } from './local-image.js';
import type { FindScope } from './find-scope.js';
import { pullByTag, pullOnceMore } from './pull-image.js';
import type { BaseSource } from './registry-rules.js';

/** Which image a base is. */
export interface FoundBase {
  readonly id: string;
  readonly digest?: string;
  /** Whether no registry knows it, as far as was asked. */
  readonly isLocalOnly: boolean;
  /** Whether a registry was asked, or the engine's own was taken as it is there. */
  readonly origin: 'registry' | 'local';
  readonly takenFrom: ImageReference;
  /** Its ONBUILD triggers; absent when it was pulled just now and nobody has looked at it yet. */
  readonly onBuild?: readonly string[];
  /** The name and digest that the build shall use; absent where the image goes by its own name. */
  readonly pin?: ImageReference;
}

/** Deadline of one look-up, ms. */
const lookUpMs = 30_000;

/**
 * Which image a base is, pulled where the policy says so.
 *
 * @throws REGISTRY_NOT_ALLOWED, IMAGE_NOT_FOUND, PULL_FAILED, AUTH_FAILED, REGISTRY_UNREACHABLE, REGISTRY_ERROR
 */
export async function findBase(source: BaseSource, scope: FindScope): Promise<FoundBase> {
  const { policy } = scope.options;
  if (policy === 'always') return (await fromRegistry(source, scope)) ?? fromEngine(source, scope);
  const local = await findNamed(source, scope);
  if (typeof local === 'object') return local;
  if (policy === 'if-not-present') {
    const found = await fromRegistry(source, scope);
    if (found !== undefined) return found;
    if (local === 'unproven') return notAllowed(source);
    // Under its own name, not the parent's, it may have been built here.
    if (scope.options.parentRegistry !== undefined) return fromEngine(source, scope);
    return notFound(source, 'neither in its registry nor in the engine');
  }
  if (local === 'unproven') return notAllowed(source);
  return notFound(source, 'not in the engine, and policy "never" asks no registry', neverHint);
}

/** The first of the names that the engine has; `unproven` where only what nobody can say to come from an allowed registry has one of them. */
async function findNamed(
  { base, candidates }: BaseSource,
  scope: FindScope,
): Promise<FoundBase | 'unproven' | undefined> {
  let isUnproven = false;
  for (const name of candidates) {
    const local = await findLocalImage(scope.context.engine, name, scope.platform, scope.signal);
    if (local === undefined) continue;
    if (await mayStand(local, name, scope))
      return asFound(local, name, { ...scope, isOwnName: isSameImage(name, base.reference) });
    isUnproven = true;
  }
  return isUnproven ? 'unproven' : undefined;
}

/**
 * Whether the engine's own image may stand for one of its registry. Where only some registries are allowed, a name proves nothing: anybody can give it to any
 * image. The classic store keeps a digest for what was pulled or pushed under that name; the containerd store has one for every image, so the registry is asked.
 */
async function mayStand(local: LocalImage, name: ImageReference, scope: FindScope): Promise<boolean> {
  if (scope.options.allowedRegistries === undefined) return true;
  if (local.digest === undefined) return false;
  if ((await storeOf(scope)) === 'classic') return true;
  if (scope.options.policy === 'never') return false;
  try {
    return (await lookUp(byDigest(name, local.digest), scope)) !== undefined;
  } catch (error) {
    if (scope.signal.aborted || !isDockError(error)) throw error;
    return false;
  }
}

async function asFound(
  local: LocalImage,
  name: ImageReference,
  scope: FindScope & { readonly isOwnName: boolean },
): Promise<FoundBase> {
  const found = { ...local, isLocalOnly: local.digest === undefined, origin: 'local' as const, takenFrom: name };
  if ((await storeOf(scope)) === 'containerd') return { ...found, pin: await aliasImage(local.id, scope.context) };
  if (scope.options.pinBase && local.digest !== undefined) return { ...found, pin: byDigest(name, local.digest) };
  return scope.isOwnName ? found : { ...found, pin: name };
}

async function storeOf({ context, signal }: FindScope): Promise<'classic' | 'containerd'> {
  const { store } = await context.engine.describe({ signal });
  return store;
}

/** The image that the registry has; `undefined` when it has none, or cannot say and the engine's own may do. */
async function fromRegistry(source: BaseSource, scope: FindScope): Promise<FoundBase | undefined> {
  let failure: DockError | undefined;
  for (const candidate of source.candidates) {
    const answer = await askRegistry(candidate, scope);
    if ('failure' in answer) failure ??= answer.failure;
    else if (answer.found !== undefined) return answer.found;
  }
  if (failure === undefined) return undefined;
  const local = scope.options.policy === 'always' ? await insteadOfRegistry(source, failure, scope) : undefined;
  if (local === undefined) throw failure;
  scope.context.warn(
    `Base image "${source.base.text}" is taken from the engine as it is there, because its registry could not be asked: ${failure.message}`,
    { code: failure.code },
  );
  return local;
}

/**
 * The engine's own image, where its registry could not be asked: any that has the name while the registry is away or too busy, and after another answer only
 * one that, as far as the engine knows, did not come from there. A digest is a promise that only the image itself keeps.
 */
async function insteadOfRegistry(
  source: BaseSource,
  failure: DockError,
  scope: FindScope,
): Promise<FoundBase | undefined> {
  if (source.base.reference.digest !== undefined) return undefined;
  const local = await findNamed(source, scope);
  if (typeof local === 'object') {
    const mayStay = failure.retryable || local.isLocalOnly || (await storeOf(scope)) === 'containerd';
    return mayStay ? local : undefined;
  }
  if (local === 'unproven' || scope.options.parentRegistry === undefined) return undefined;
  const own = await findLocalImage(scope.context.engine, source.base.reference, scope.platform, scope.signal);
  return own === undefined || own.digest !== undefined ? undefined : fromEngine(source, scope);
}

type Answer = { readonly found: FoundBase | undefined } | { readonly failure: DockError };

async function askRegistry(candidate: ImageReference, scope: FindScope): Promise<Answer> {
  const { context, signal, platform } = scope;
  try {
    const digest = candidate.digest ?? (await lookUp(candidate, scope));
    if (digest === undefined) return { found: undefined };
    const pin = byDigest(candidate, digest);
    const local = await findLocalImage(context.engine, pin, platform, signal);
    const { id } = local ?? (await pullOnceMore(pin, scope));
    const known = local === undefined ? {} : { onBuild: local.onBuild };
    return { found: { id, digest, isLocalOnly: false, origin: 'registry', takenFrom: candidate, pin, ...known } };
  } catch (error) {
    if (signal.aborted || !isDockError(error)) throw error;
    if (error.code === 'IMAGE_NOT_FOUND') return { found: undefined };
    if (error.code !== 'REGISTRY_ERROR' || candidate.digest !== undefined) return { failure: error };
    return tryByTag(candidate, error, scope);
  }
}

async function lookUp(candidate: ImageReference, { context, signal }: FindScope): Promise<string | undefined> {
  const manifest = await context.engine.findManifest(candidate, { signal, timeoutMs: lookUpMs });
  return manifest?.digest;
}

/** Some registries answer pulls but no look-ups. */
async function tryByTag(candidate: ImageReference, lookUpFailure: DockError, scope: FindScope): Promise<Answer> {
  try {
    const pulled = await pullByTag(candidate, scope);
    scope.context.warn(
      `Base image "${familiarImageReference(candidate)}" was pulled by its tag, because its registry could not be asked for the digest: ${lookUpFailure.message}`,
    );
    return { found: { pin: candidate, ...pulled, isLocalOnly: false, origin: 'registry', takenFrom: candidate } };
  } catch (error) {
    if (scope.signal.aborted || !isDockError(error)) throw error;
    return { failure: lookUpFailure };
  }
}

/** The image that only the engine has: built here, or imported. */
async function fromEngine(source: BaseSource, scope: FindScope): Promise<FoundBase> {
  const { base } = source;
  const local = await findLocalImage(scope.context.engine, base.reference, scope.platform, scope.signal);
  const isFromElsewhere = scope.options.parentRegistry !== undefined && local?.digest !== undefined;
  if (local === undefined || isFromElsewhere) return notFound(source, 'not in its registry');
  if (scope.options.allowedRegistries !== undefined) return notAllowed(source);
  scope.context.warn(
    `Base image "${base.text}" is local only: it was found in no registry, so somebody else may not get the same one.`,
  );
  const found = {
    id: local.id,
    onBuild: local.onBuild,
    isLocalOnly: true,
    origin: 'local' as const,
    takenFrom: base.reference,
  };
  return (await storeOf(scope)) === 'containerd' ? { ...found, pin: await aliasImage(local.id, scope.context) } : found;
}

/** What to do where the registry has no such image either. */
const absentHint = 'Check the name and tag, or build or load a base of your own first.';
const neverHint =
  'Check the name and tag, build or load the image first, or let its registry be asked: pullBase({ policy: "if-not-present" }).';

/** A name of an allowed registry, and an image that did not come from there. */
function notAllowed({ base }: BaseSource): never {
  throw new DockError(
    'REGISTRY_NOT_ALLOWED',
    `Base image "${base.text}" of line ${base.line} is an image of the engine that cannot be said to come from the registry of its name.`,
    {
      hint: 'Push it to that registry, or pull it from there; or leave "allowedRegistries" of the pull-base plugin out.',
      details: { images: [base.text], line: base.line },
    },
  );
}

function notFound({ base, candidates }: BaseSource, why: string, hint: string = absentHint): never {
  const names = candidates.map((candidate) => `"${familiarImageReference(candidate)}"`);
  throw new DockError('IMAGE_NOT_FOUND', `Base image ${names.join(' or ')} of line ${base.line} is ${why}.`, {
    hint,
    details: { image: base.text, line: base.line },
  });
}
