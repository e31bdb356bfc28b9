import { namedContexts } from '../options/named-context.js';
import { BuildEnvironment, type BuildVariables } from './build-environment.js';
import type { Dockerfile } from './dockerfile.js';
import { stageGraph, targetStage, usedStages } from './stage-graph.js';

/** A stage of which something runs, and on what. */
export interface RunningStage {
  /** `os/arch[/variant]` as written, expanded. */
  readonly platform: string;
  /** Line of its first `RUN`, from 1. */
  readonly line: number;
}

/**
 * The stages of a build in which a `RUN` of the Dockerfile's own is executed, each with the platform that it runs on: that of its FROM, else of the stage that it
 * stands on, else the image's. What nobody can tell before the build (an unknown frontend or variable) is left out.
 */
export function runningStages(
  dockerfile: Dockerfile,
  variables: BuildVariables & Required<Pick<BuildVariables, 'targetPlatform' | 'buildPlatform'>>,
  contexts: Readonly<Record<string, string>> = {},
): readonly RunningStage[] {
  const target = dockerfile.frontend.isKnown ? targetStage(dockerfile.stages, variables.target) : undefined;
  if (target === undefined) return [];
  const global = BuildEnvironment.global(dockerfile, variables);
  const graph = stageGraph(dockerfile, global, { contexts: new Set(namedContexts(contexts).keys()) });
  const used = usedStages(graph, target, variables.builder);
  const platforms: (string | undefined)[] = [];
  for (const { stage, baseStage } of graph) {
    const own = stage.platform === undefined ? undefined : global.resolve(stage.platform);
    if (own === undefined || ('text' in own && own.text === ''))
      platforms.push(baseStage === undefined ? variables.targetPlatform : platforms[baseStage]);
    else platforms.push('text' in own ? own.text : undefined);
  }
  return graph.flatMap(({ stage, isReplaced }): RunningStage[] => {
    const platform = platforms[stage.index];
    const run = stage.instructions.find(({ keyword }) => keyword === 'RUN');
    return platform === undefined || run === undefined || isReplaced || !used.has(stage.index)
      ? []
      : [{ platform, line: run.startLine }];
  });
}
