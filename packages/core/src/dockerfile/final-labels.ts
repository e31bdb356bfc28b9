import { BuildEnvironment, type BuildVariables } from './build-environment.js';
import type { Dockerfile } from './dockerfile.js';
import { stageGraph, targetStage } from './stage-graph.js';

/** Options of {@link finalLabels}. */
export interface FinalLabelsOptions extends BuildVariables {
  /** The environment of the image that the target is based on. @default not known: a label that needs it is unresolved */
  readonly baseEnv?: Readonly<Record<string, string>>;
}

/** The labels that a Dockerfile sets on the image. */
export interface FinalLabels {
  readonly labels: Readonly<Record<string, string>>;
  /** Labels whose value cannot be known before the build, each with the reason. */
  readonly unresolved: Readonly<Record<string, string>>;
}

/**
 * The labels that the target and the stages it is based on set; labels of the base image are not among them.
 * @throws INVALID_OPTION for a target that is not there
 */
export function finalLabels(dockerfile: Dockerfile, options: FinalLabelsOptions = {}): FinalLabels {
  const labels = new Map<string, string>();
  const unresolved = new Map<string, string>();
  const target = dockerfile.frontend.isKnown ? targetStage(dockerfile.stages, options.target) : undefined;
  if (target === undefined) return { labels: {}, unresolved: {} };
  const global = BuildEnvironment.global(dockerfile, options);
  const graph = stageGraph(dockerfile, global);
  const chain = [];
  for (
    let node = graph[target.index];
    node !== undefined;
    node = node.baseStage === undefined ? undefined : graph[node.baseStage]
  )
    chain.unshift(node);
  const root = chain[0];
  const isClosed =
    options.baseEnv !== undefined || (root !== undefined && 'text' in root.base && root.base.text === 'scratch');
  const environment = BuildEnvironment.stage(
    global,
    new Map(Object.entries(options.baseEnv ?? {})),
    isClosed ? undefined : 'the base image may set it',
  );
  for (const instruction of chain.flatMap(({ stage }) => stage.instructions)) {
    environment.apply(instruction, global);
    if (instruction.keyword !== 'LABEL') continue;
    for (let at = 0; at + 1 < instruction.args.length; at += 3) {
      const name = environment.resolve(instruction.args[at] ?? '');
      const value = environment.resolve(instruction.args[at + 1] ?? '');
      const key = 'text' in name ? name.text : (instruction.args[at] ?? '');
      labels.delete(key);
      unresolved.delete(key);
      if ('text' in name && 'text' in value) labels.set(key, value.text);
      else unresolved.set(key, 'reason' in name ? name.reason : 'reason' in value ? value.reason : '');
    }
  }
  return { labels: Object.fromEntries(labels), unresolved: Object.fromEntries(unresolved) };
}
