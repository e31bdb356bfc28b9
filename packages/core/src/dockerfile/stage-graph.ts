import type { BuilderChoice } from '../contracts/request-options.js';
import type { ImageReference } from '../contracts/image-reference.js';
import { DockError } from '../errors/dock-error.js';
import { isImageReference, parseImageReference } from '../reference/parse-image-reference.js';
import type { BuildEnvironment, Resolved } from './build-environment.js';
import type { Dockerfile, Instruction, Stage } from './dockerfile.js';
import { imageFlags, type ImageFlag } from './image-flags.js';
import { onbuildTriggers } from './onbuild.js';

/** Looks up the ONBUILD list of an image, where it is known. */
export type OnbuildLookup = (reference: ImageReference) => readonly string[] | undefined;

/** A stage with what it is built on and from. */
export interface StageNode {
  readonly stage: Stage;
  /** The base after expansion. */
  readonly base: Resolved;
  /** Index of the stage that the base names. */
  readonly baseStage?: number;
  /** Indexes of all stages that it needs, the base included. */
  readonly needs: readonly number[];
  /** What it takes from elsewhere than a stage. */
  readonly takes: readonly (ImageFlag & { readonly line: number })[];
  /** A named context stands for it: nothing of it is built. */
  readonly isReplaced: boolean;
}

/** What {@link stageGraph} may know beside the text. */
export interface GraphKnowledge {
  readonly onbuild?: OnbuildLookup | undefined;
  /** Names of contexts. */
  readonly contexts?: ReadonlySet<string>;
}

type Step = Pick<Instruction, 'keyword' | 'flags'> & { readonly line: number };

const ownStep = (instruction: Instruction): Step => ({ ...instruction, line: instruction.startLine });

/** The instructions that a base adds: ONBUILD of the stage, or of the image, that it names. */
function triggeredSteps(
  stage: Stage,
  base: Resolved,
  baseStage: Stage | undefined,
  onbuild: OnbuildLookup | undefined,
): Step[] {
  const line = stage.from.startLine;
  if (baseStage !== undefined)
    return baseStage.instructions.flatMap(({ trigger }) => (trigger === undefined ? [] : [{ ...trigger, line }]));
  if (!('text' in base) || !isImageReference(base.text)) return [];
  const triggers = onbuild?.(parseImageReference(base.text)) ?? [];
  return onbuildTriggers(triggers, `"${base.text}"`).map((trigger) => ({ ...trigger, line }));
}

/** Finds the stage that `--from` means; BuildKit takes a number for an index in COPY only. */
function findStage(
  flag: ImageFlag,
  names: ReadonlyMap<string, number>,
  count: number,
): number | { readonly reason: string } | undefined {
  if (flag.reason !== undefined) return { reason: flag.reason };
  if (flag.use === 'mount-from' || !/^[+-]?\d+$/.test(flag.text)) return names.get(flag.text.toLowerCase());
  const index = Number(flag.text);
  return index >= 0 && index < count ? index : { reason: `there is no stage ${flag.text}` };
}

/** Says of every stage what it needs. Rule: BuildKit's `dockerfile2llb`. */
export function stageGraph(
  dockerfile: Dockerfile,
  global: BuildEnvironment,
  { onbuild, contexts }: GraphKnowledge = {},
): StageNode[] {
  const names = new Map<string, number>();
  const bases = dockerfile.stages.map((stage) => {
    const base = global.resolve(stage.base);
    const baseStage = 'text' in base ? names.get(base.text) : undefined;
    if (stage.name !== undefined) names.set(stage.name, stage.index);
    return { stage, base, baseStage };
  });
  return bases.map(({ stage, base, baseStage }) => {
    if (stage.name !== undefined && contexts?.has(stage.name) === true)
      return { stage, base, needs: [], takes: [], isReplaced: true };
    const needs = new Set<number>(baseStage === undefined ? [] : [baseStage]);
    const takes: (ImageFlag & { line: number })[] = [];
    const triggered = triggeredSteps(
      stage,
      base,
      baseStage === undefined ? undefined : dockerfile.stages[baseStage],
      onbuild,
    );
    for (const step of [...triggered, ...stage.instructions.map(ownStep)]) {
      for (const flag of imageFlags(step)) {
        const found = findStage(flag, names, dockerfile.stages.length);
        if (typeof found === 'number') needs.add(found);
        else takes.push({ ...flag, ...found, line: step.line });
      }
    }
    return {
      stage,
      base,
      ...(baseStage === undefined ? {} : { baseStage }),
      needs: [...needs],
      takes,
      isReplaced: false,
    };
  });
}

/**
 * The stage to build.
 * @throws INVALID_OPTION for a name that no stage has
 */
export function targetStage(stages: readonly Stage[], target: string | undefined): Stage | undefined {
  if (target === undefined || target === '') return stages.at(-1);
  const found = stages.findLast(({ name }) => name === target.toLowerCase());
  if (found !== undefined) return found;
  const names = stages.flatMap(({ name }) => (name === undefined ? [] : [`"${name}"`]));
  throw new DockError('INVALID_OPTION', `The Dockerfile has no stage named "${target}".`, {
    hint:
      names.length === 0
        ? 'It names none of its stages; write "AS name" after the image of FROM.'
        : `Its stages are ${names.join(', ')}.`,
    details: { target },
  });
}

/** The indexes of the stages that get built: what the target needs, or with the classic builder all up to it. */
export function usedStages(
  graph: readonly StageNode[],
  target: Stage,
  builder: BuilderChoice | undefined,
): ReadonlySet<number> {
  if (builder === 'classic')
    return new Set(graph.map(({ stage }) => stage.index).filter((index) => index <= target.index));
  const used = new Set<number>();
  const pending = [target.index];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (used.has(index)) continue;
    used.add(index);
    pending.push(...(graph[index]?.needs ?? []));
  }
  return used;
}
