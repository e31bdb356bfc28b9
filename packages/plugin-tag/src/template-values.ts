import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildSpec,
  type CheckoutContext,
  DockError,
  finalLabels,
  type GitFacts,
  parseDockerfile,
} from '@dock/core';
import type { TemplateValues } from './template.js';

/** Everything that templates of this build may use. */
export async function templateValues(
  spec: BuildSpec,
  context: CheckoutContext,
  env: readonly string[],
): Promise<TemplateValues> {
  return new Map([
    ...gitValues(context.checkout.git),
    ...(await packageValues(context.checkout.contextDir)),
    ...labelValues(spec),
    ['run.id', context.runId] as const,
    ...env.map((name) => [`env.${name}`, context.env[name]] as const),
  ]);
}

type Entry = readonly [string, string | undefined];

function gitValues(git: GitFacts | undefined): Entry[] {
  const ref = git?.ref;
  const isTag = ref?.startsWith('refs/tags/') === true;
  const short = ref?.replace(/^refs\/(?:heads|tags|remotes\/[^/]+)\//, '');
  const isCommit = ref !== undefined && /^[0-9a-f]{7,64}$/.test(ref);
  return [
    ['git.commit', git?.commit],
    ['git.short', git?.commit.slice(0, 12)],
    ['git.ref', short],
    ['git.branch', isTag || isCommit ? undefined : short],
    ['git.tag', isCommit || ref?.startsWith('refs/heads/') === true ? undefined : short],
    ['git.date', git?.authorDate.slice(0, 10).replaceAll('-', '')],
  ];
}

async function packageValues(contextDir: string): Promise<Entry[]> {
  const fields = await readPackage(join(contextDir, 'package.json'));
  const [major, minor, patch] = fields.version?.split(/[-+]/)[0]?.split('.') ?? [];
  return [
    ['package.name', fields.name?.replace(/^@[^/]+\//, '')],
    ['package.version', fields.version],
    ['package.major', major],
    ['package.minor', minor === undefined ? undefined : `${major}.${minor}`],
    ['package.patch', patch],
  ];
}

async function readPackage(file: string): Promise<{ name?: string; version?: string }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    const { name, version } = JSON.parse(text) as Record<string, unknown>;
    return { ...(typeof name === 'string' ? { name } : {}), ...(typeof version === 'string' ? { version } : {}) };
  } catch (error) {
    throw new DockError('CONFIG_INVALID', `"${file}" is not valid JSON.`, { cause: error });
  }
}

function labelValues(spec: BuildSpec): Entry[] {
  const dockerfile = parseDockerfile(spec.dockerfile.text, { path: spec.dockerfile.path, buildArgs: spec.buildArgs });
  const { labels } = finalLabels(dockerfile, {
    buildArgs: spec.buildArgs,
    ...(spec.target === undefined ? {} : { target: spec.target }),
  });
  return Object.entries({ ...labels, ...spec.labels }).map(([name, value]) => [`label.${name}`, value]);
}
