import {
  type BaseImage,
  type BuildSpec,
  type CheckoutContext,
  concurrently,
  DockError,
  type DockPlugin,
  formatImageReference,
  isSameImage,
  parsePluginOptions,
  repositoryName,
} from '@dock/core';
import { privateRegistry } from '@dock/core/internal';
import { findBase, type FoundBase } from './find-base.js';
import { findInRegistry } from './find-in-registry.js';
import type { FindScope } from './find-scope.js';
import { layAtBase } from './lay-at-base.js';
import { findLocalImage } from './local-image.js';
import { basesOf, pinBases, readSpecDockerfile } from './pin-bases.js';
import { type PullBaseOptions, pullBaseOptionsSchema, type ReadPullBaseOptions } from './pull-base-options.js';
import { type BaseSource, baseSources } from './registry-rules.js';
import { takesPolicies } from './takes-policies.js';
import { triggerBases } from './trigger-bases.js';

/** Bases that are looked up and pulled at the same time. */
const pullsAtOnce = 4;

/**
 * Find out which image each base is, pull it where the policy says so, and build from exactly that one. Bases are pulled by digest, so
 * that none of the user's tags moves; what the build uses is recorded in the result.
 *
 * @throws CONFIG_INVALID
 */
export function pullBase(options: PullBaseOptions = {}): DockPlugin {
  const read = parsePluginOptions(pullBaseOptionsSchema, options, options.name ?? 'pull-base');
  const { name, optional } = read;
  return {
    name,
    optional,
    apply({ hooks }) {
      /** What the text names in the place of a base, by this plugin's own doing. */
      const pinned = new Set<string>();
      hooks.prebuild.tap(
        name,
        async (spec, context) =>
          resolveSpec(spec, context, { ...forSpec(spec, read), onPin: (pin) => pinned.add(pin) }),
        { stage: 'resolve' },
      );
      // A tap after this one may have put another image into the Dockerfile.
      hooks.build.tap(`${name}: registries`, (spec) => checkRegistries(spec, read, pinned), { stage: -1_000_000 });
    },
  };
}

/** `pull` of a build wins over the policy, but that a policy "never" is not overruled: that is refused. */
function forSpec({ pull }: BuildSpec, options: ReadPullBaseOptions): ReadPullBaseOptions {
  if (pull === false || (pull === true && options.policy === 'never')) return options;
  const policies = { missing: 'if-not-present', never: 'never', always: 'always' } as const;
  const policy = policies[pull === true ? 'always' : pull];
  return { ...options, policy: options.policy === 'never' ? 'never' : policy };
}

/** @throws REGISTRY_NOT_ALLOWED for what the text names now, but for the pins of this plugin */
function checkRegistries(spec: BuildSpec, options: ReadPullBaseOptions, pinned: ReadonlySet<string>): undefined {
  const named = basesOf(spec, readSpecDockerfile(spec)).flatMap(({ use, text, reference, line, isUsed }) =>
    reference === undefined || !isUsed || pinned.has(formatImageReference(reference))
      ? []
      : [{ use, text, reference, line }],
  );
  baseSources(named, options);
}

async function resolveSpec(
  spec: BuildSpec,
  context: CheckoutContext,
  options: ReadPullBaseOptions & { readonly onPin: (pin: string) => void },
): Promise<BuildSpec> {
  if (options.policy === 'never' && spec.pull === true) {
    throw new DockError(
      'CONFIG_INVALID',
      `Plugin "${options.name}" has policy "never", and "pull" asks for newer bases.`,
      {
        hint: 'Leave out "pull" (--pull), or write pullBase({ policy: "always" }).',
      },
    );
  }
  const sources = baseSources(spec.bases, options);
  const found = await findAll(spec, sources, context, options);
  const pins = sources.flatMap(({ base }) => {
    const image = found.get(base);
    return image?.pin === undefined ? [] : [{ base, image: image.pin }];
  });
  for (const { image } of pins) options.onPin(formatImageReference(image));
  const { text, unpinned } = pinBases(spec, pins);
  const triggered = baseSources(await triggerBases(spec, found, context), options);
  for (const [base, image] of await findAll(spec, triggered, context, options)) {
    found.set(base, image);
    unpinned.push(base);
  }
  const canPolicy = unpinned.length > 0 && (await takesPolicies(spec, context));
  const bases = await Promise.all(
    [...spec.bases, ...triggered.map(({ base }) => base)].map(async (base) => {
      const image = found.get(base);
      if (image === undefined) return base;
      if (unpinned.includes(base) && canPolicy && isPolicyPin(image))
        return { ...record(base, image, context.builder === undefined), pinnedBy: 'policy' as const };
      if (unpinned.includes(base)) return recordUnpinned(base, image, context);
      if (options.pinBase && image.digest === undefined)
        context.warn(`Base image "${base.text}" has no digest to pin it by.`);
      return { ...record(base, image, context.builder === undefined), ...textPin(image) };
    }),
  );
  context.report({ policy: options.policy, bases: bases.map(describe) });
  // Every base was asked for just now; asking again would refuse those that only the engine has.
  return {
    ...spec,
    bases,
    pull: spec.pull === true && unpinned.length === 0 ? false : spec.pull,
    dockerfile: { ...spec.dockerfile, text },
  };
}

/** Each base found once, however often the Dockerfile names it; the first failure stops the others. */
async function findAll(
  spec: BuildSpec,
  sources: readonly BaseSource[],
  context: CheckoutContext,
  options: ReadPullBaseOptions,
): Promise<Map<BaseImage, FoundBase>> {
  const { platforms, bad } = platformsOf(spec);
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const groups = new Map<string, { source: BaseSource; platform: string | undefined; bases: BaseImage[] }>();
  for (const source of sources) {
    const { base } = source;
    // The builder says what is wrong with it; what a registry says of the image would be told instead.
    if (base.use === 'from' && bad.has(base.line)) continue;
    const platform = base.use === 'from' ? (platforms.get(base.line) ?? spec.platforms[0]) : spec.platforms[0];
    const key = JSON.stringify([base.use === 'syntax', platform, source.candidates.map(formatImageReference)]);
    const group = groups.get(key) ?? { source, platform, bases: [] };
    group.bases.push(base);
    groups.set(key, group);
  }
  const found = new Map<BaseImage, FoundBase>();
  let failure: unknown;
  await concurrently([...groups.values()], pullsAtOnce, async ({ source, platform, bases }) => {
    if (stop.signal.aborted) return;
    const scope: FindScope = { context, options, platform, signal };
    try {
      const find =
        context.builder !== undefined ? findInRegistry : source.base.use === 'syntax' ? findFrontend : findBase;
      const image = await find(source, scope);
      if (image !== undefined) for (const base of bases) found.set(base, image);
    } catch (error) {
      // The aborted ones fail after the first; theirs is not the cause.
      failure ??= layAtBase(error, spec, source.base);
      stop.abort();
    }
  });
  if (failure !== undefined) throw failure;
  return found;
}

/** `--platform` of each FROM, by its line, and the lines where it is no platform. */
function platformsOf(spec: BuildSpec): { platforms: Map<number, string>; bad: Set<number> } {
  const froms = basesOf(spec, readSpecDockerfile(spec)).filter(({ use }) => use === 'from');
  return {
    platforms: new Map(froms.flatMap(({ line, platform }) => (platform === undefined ? [] : [[line, platform]]))),
    bad: new Set(froms.flatMap(({ line, hasBadPlatform }) => (hasBadPlatform === true ? [line] : []))),
  };
}

/** BuildKit fetches frontends itself, into its own cache; here they are only looked up, for the record. */
async function findFrontend({ base }: BaseSource, scope: FindScope): Promise<FoundBase | undefined> {
  const { context, options, signal } = scope;
  if (options.policy === 'never') {
    context.warn(
      `BuildKit fetches the frontend "${base.text}" itself if it does not have it; policy "never" does not reach it.`,
    );
    return undefined;
  }
  try {
    const manifest = await context.engine.findManifest(base.reference, { signal, timeoutMs: 10_000 });
    if (manifest === undefined) return undefined;
    const { digest } = manifest;
    return { id: digest, digest, isLocalOnly: false, origin: 'registry', takenFrom: base.reference };
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

function record(base: BaseImage, image: FoundBase, isOfEngine = true): BaseImage {
  const { id, digest, isLocalOnly, origin, takenFrom } = image;
  return {
    ...base,
    origin,
    // A frontend is no image of the engine.
    ...(base.use === 'syntax' || !isOfEngine ? {} : { id }),
    ...(digest === undefined || isLocalOnly ? {} : { digest }),
    ...(isLocalOnly ? { isLocalOnly } : {}),
    ...(isSameImage(takenFrom, base.reference) ? {} : { takenFrom }),
  };
}

/** What the text names instead of a base, where it names one image and no other. */
function textPin({ pin }: FoundBase): Pick<BaseImage, 'pinnedBy'> {
  if (pin === undefined) return {};
  if (pin.registry === privateRegistry) return { pinnedBy: 'alias' };
  return pin.digest === undefined ? {} : { pinnedBy: 'text' };
}

/** Whether a source policy can say which image it is: by the digest that its registry has. */
function isPolicyPin({ digest, isLocalOnly, pin }: FoundBase): boolean {
  return digest !== undefined && !isLocalOnly && pin?.digest === digest;
}

/**
 * A base that no line of the Dockerfile names as it is: put together in a flag, or named by a trigger. The build takes what the engine has under that name, so
 * that is what is recorded; when it has nothing, the builder asks the registry by itself, and what it gets is not known here.
 *
 * @throws REGISTRY_NOT_ALLOWED when it would be taken from elsewhere than the options say
 */
async function recordUnpinned(base: BaseImage, image: FoundBase, context: CheckoutContext): Promise<BaseImage> {
  const where = `Base image "${base.text}" of line ${base.line} cannot be pinned where it is written`;
  const local =
    context.builder === undefined
      ? await findLocalImage(context.engine, base.reference, undefined, context.signal)
      : undefined;
  if (local?.id === image.id) return record(base, image);
  if (local === undefined) {
    if (!isSameImage(image.takenFrom, base.reference))
      throw new DockError(
        'REGISTRY_NOT_ALLOWED',
        `${where}, so the build would not take it from "${repositoryName(image.takenFrom)}".`,
        {
          hint: 'Name it in full in a FROM or COPY --from of the Dockerfile, or pull it into the engine by its own name first.',
        },
      );
    context.warn(`${where}: the builder asks its registry by itself, and what it gets is not recorded.`);
    return base;
  }
  context.warn(
    `${where}: the build uses the engine's own ${local.id}, not ${image.digest ?? image.id} of ${repositoryName(image.takenFrom)}.`,
  );
  return record(base, {
    ...local,
    isLocalOnly: local.digest === undefined,
    origin: 'local',
    takenFrom: base.reference,
  });
}

function describe({ text, use, line, id, digest, isLocalOnly, origin, takenFrom, pinnedBy }: BaseImage) {
  return {
    image: text,
    use,
    line,
    ...(id === undefined ? {} : { id }),
    ...(digest === undefined ? {} : { digest }),
    ...(origin === undefined ? {} : { origin }),
    ...(isLocalOnly === true ? { isLocalOnly } : {}),
    ...(pinnedBy === undefined ? {} : { pinnedBy }),
    ...(takenFrom === undefined ? {} : { takenFrom: formatImageReference(takenFrom) }),
  };
}
