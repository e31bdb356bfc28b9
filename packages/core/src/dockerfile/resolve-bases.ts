import type { BaseImageUse } from '../contracts/build-spec.js';
import type { ImageReference } from '../contracts/image-reference.js';
import { isDockError } from '../errors/dock-error.js';
import { contextName, type NamedContext, namedContexts } from '../options/named-context.js';
import { parseImageReference } from '../reference/parse-image-reference.js';
import { BuildEnvironment, type BuildVariables, type Resolved } from './build-environment.js';
import { canonicalPlatform } from '../options/platform.js';
import type { Dockerfile, Stage } from './dockerfile.js';
import { stageGraph, targetStage, usedStages, type OnbuildLookup, type StageNode } from './stage-graph.js';

/** Options of {@link resolveBases}. */
export interface ResolveBasesOptions extends BuildVariables {
  /** The ONBUILD list of an image, for the images that its triggers use. @default none is known */
  readonly onbuild?: OnbuildLookup;
  /** Named contexts: a base or a stage of such a name is that context. */
  readonly contexts?: Readonly<Record<string, string>>;
}

/** An image that a Dockerfile names. */
export interface ResolvedBase {
  readonly use: BaseImageUse;
  /** After expansion; as written when it is unresolved. The name of a context whose image {@link reference} is. */
  readonly text: string;
  /** Absent when it is unresolved. */
  readonly reference?: ImageReference;
  /** First line of the instruction, counted from 1; 0 for a frontend that a build argument names. */
  readonly line: number;
  /** Index of the stage; absent for the frontend. */
  readonly stage?: number;
  /** `--platform` of FROM after expansion. */
  readonly platform?: string;
  /** Whether that is no platform, as where its variable has no value: the builder refuses it before it looks for the image. */
  readonly hasBadPlatform?: true;
  /** Whether the target needs it. */
  readonly isUsed: boolean;
  /** Why it cannot be known before the build. */
  readonly unresolved?: string;
}

/** The images of a build. */
export interface ResolvedBases {
  /** In the order of the file; stages and `scratch` are not among them. */
  readonly bases: readonly ResolvedBase[];
  /** Sentences for people, about used bases that are not known and the Dockerfile's own oddities. */
  readonly warnings: readonly string[];
}

type Contexts = ReadonlyMap<string, NamedContext>;

type Place = Pick<ResolvedBase, 'use' | 'line' | 'stage' | 'isUsed' | 'platform' | 'hasBadPlatform'>;

/** A base, or nothing for a context that is no image. */
function toBases(place: Place, written: string, resolved: Resolved, contexts: Contexts): ResolvedBase[] {
  const name = 'text' in resolved ? contextName(resolved.text) : undefined;
  const context = name === undefined ? undefined : contexts.get(name);
  if (context === undefined) return [toBase(place, written, resolved)];
  return context.kind === 'image' && 'text' in resolved
    ? [{ ...place, text: resolved.text, reference: context.reference }]
    : [];
}

function toBase(place: Place, written: string, resolved: Resolved): ResolvedBase {
  if ('reason' in resolved) return { ...place, text: written, unresolved: resolved.reason };
  if (resolved.text === '') return { ...place, text: written, unresolved: `"${written}" is empty after expansion` };
  try {
    return { ...place, text: resolved.text, reference: parseImageReference(resolved.text) };
  } catch (error) {
    if (!isDockError(error)) throw error;
    return { ...place, text: resolved.text, unresolved: error.message };
  }
}

const isScratch = (resolved: Resolved): boolean => 'text' in resolved && resolved.text === 'scratch';

function basesOfStage(
  node: StageNode,
  isUsed: boolean,
  { isClassic, global, contexts }: { isClassic: boolean; global: BuildEnvironment; contexts: Contexts },
): ResolvedBase[] {
  const { stage, base, baseStage, takes } = node;
  const found: ResolvedBase[] = [];
  if (baseStage === undefined && !isScratch(base) && !node.isReplaced) {
    const place = { use: 'from', line: stage.from.startLine, stage: stage.index, isUsed } as const;
    found.push(...toBases({ ...place, ...platformOf(stage, global) }, stage.base, base, contexts));
  }
  for (const { use, text, line, reason } of takes) {
    const resolved: Resolved = reason === undefined ? { text } : { reason };
    const isTaken = isUsed && !(isClassic && use === 'mount-from');
    if (!isScratch(resolved))
      found.push(...toBases({ use, line, stage: stage.index, isUsed: isTaken }, text, resolved, contexts));
  }
  return found;
}

function platformOf({ platform }: Stage, global: BuildEnvironment): Pick<Place, 'platform' | 'hasBadPlatform'> {
  // The builder takes an empty flag for none.
  const resolved = platform === undefined || platform === '' ? undefined : global.resolve(platform);
  if (resolved === undefined || 'reason' in resolved) return {};
  const { text } = resolved;
  return {
    ...(text === '' ? {} : { platform: text }),
    ...(canonicalPlatform(text) === undefined ? { hasBadPlatform: true } : {}),
  };
}

function frontendBase({ frontend }: Dockerfile, isClassic: boolean): ResolvedBase[] {
  if (frontend.image === undefined) return [];
  return [
    toBase({ use: 'syntax', line: frontend.line ?? 0, isUsed: !isClassic }, frontend.image, { text: frontend.image }),
  ];
}

/**
 * Every image that a build uses: `# syntax`, FROM after its variables, `COPY --from`, `RUN --mount=from=`, and the same in ONBUILD
 * triggers. Of a file that an unknown frontend reads, only that frontend is known.
 * @throws INVALID_OPTION for a target that is not there; DOCKERFILE_SYNTAX for a trigger of a base that does not parse
 */
export function resolveBases(dockerfile: Dockerfile, options: ResolveBasesOptions = {}): ResolvedBases {
  const isClassic = options.builder === 'classic';
  const bases = frontendBase(dockerfile, isClassic);
  if (dockerfile.frontend.isKnown) {
    const target = targetStage(dockerfile.stages, options.target);
    const global = BuildEnvironment.global(dockerfile, options);
    const contexts = namedContexts(options.contexts);
    const graph = stageGraph(dockerfile, global, { onbuild: options.onbuild, contexts: new Set(contexts.keys()) });
    const used = target === undefined ? new Set<number>() : usedStages(graph, target, options.builder);
    for (const node of graph)
      bases.push(...basesOfStage(node, used.has(node.stage.index), { isClassic, global, contexts }));
  }
  const unknown = bases.flatMap(({ isUsed, unresolved, text, line }) =>
    isUsed && unresolved !== undefined
      ? [`The image "${text}" of line ${line} is not known before the build: ${unresolved}`]
      : [],
  );
  const oddities = dockerfile.warnings.map(({ line, message }) => `Line ${line} of the Dockerfile: ${message}.`);
  return {
    bases,
    warnings: [...oddities, ...unknown.map((sentence) => (sentence.endsWith('.') ? sentence : `${sentence}.`))],
  };
}

/**
 * As {@link resolveBases}, for an image of several platforms: an image that one of them uses is among them once.
 *
 * @param platforms `os/arch[/variant]`; none is a platform that is not known
 */
export function resolveBasesOf(
  dockerfile: Dockerfile,
  options: Omit<ResolveBasesOptions, 'targetPlatform'>,
  platforms: readonly string[],
): ResolvedBases {
  const [first, ...others] = platforms.length === 0 ? [undefined] : platforms;
  const resolved = (targetPlatform: string | undefined) =>
    resolveBases(dockerfile, targetPlatform === undefined ? options : { ...options, targetPlatform });
  const { bases, warnings } = resolved(first);
  const all = [...bases];
  for (const platform of others)
    for (const base of resolved(platform).bases) {
      const same = all.findIndex(({ use, line, text }) => use === base.use && line === base.line && text === base.text);
      if (same === -1) all.push(base);
      else if (base.isUsed) all[same] = { ...base, ...all[same], isUsed: true } as ResolvedBase;
    }
  return { bases: all, warnings };
}
