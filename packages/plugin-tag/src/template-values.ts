import {
  type BuildSpec,
  type CheckoutContext,
  finalLabels,
  gitValues,
  packageValues,
  parseDockerfile,
} from '@dock/core';
import type { TemplateValues } from './fill-template.js';
import type { Template } from './parse-template.js';

/**
 * Everything that these templates may use; what none of them needs is not read.
 *
 * @throws CONFIG_INVALID for a package.json that cannot be read
 */
export async function templateValues(
  templates: readonly Template[],
  spec: BuildSpec,
  context: CheckoutContext,
  env: readonly string[],
): Promise<TemplateValues> {
  const isUsed = (family: string) =>
    templates.some(({ pieces }) => pieces.some((piece) => 'variable' in piece && piece.variable.startsWith(family)));
  return new Map([
    ...gitValues(context.checkout),
    ...(isUsed('package.') ? await packageValues(context.checkout.contextDir) : []),
    ...(isUsed('label.') ? labelValues(spec) : []),
    ['run.id', context.runId] as const,
    ...env.map((name) => [`env.${name}`, context.env[name]] as const),
  ]);
}

type Entry = readonly [string, string | undefined];

function labelValues(spec: BuildSpec): Entry[] {
  const dockerfile = parseDockerfile(spec.dockerfile.text, {
    path: spec.dockerfile.path,
    buildArgs: spec.buildArgs,
    builder: spec.builder,
  });
  const { labels } = finalLabels(dockerfile, {
    buildArgs: spec.buildArgs,
    ...(spec.target === undefined ? {} : { target: spec.target }),
  });
  return Object.entries({ ...labels, ...spec.labels }).map(([name, value]) => [`label.${name}`, value]);
}
