import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildSpec,
  type Checkout,
  type CheckoutContext,
  DockError,
  finalLabels,
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

function gitValues({ git, kind }: Checkout): Entry[] {
  const ref = git?.ref;
  const isTag = ref?.startsWith('refs/tags/') === true;
  // The ref of a directory is its branch; the one that a git URL asks for may be either.
  const isBranch = ref?.startsWith('refs/heads/') === true || (kind === 'path' && !isTag);
  const short = ref?.replace(/^refs\/(?:heads|tags|remotes\/[^/]+)\//, '');
  const isCommit = ref !== undefined && git?.commit.startsWith(ref) === true && ref.length >= 7;
  return [
    ['git.commit', git?.commit],
    ['git.short', git?.commit.slice(0, 12)],
    ['git.ref', short],
    ['git.branch', isTag || isCommit ? undefined : short],
    ['git.tag', isCommit || isBranch ? undefined : short],
    ['git.date', git?.authorDate.slice(0, 10).replaceAll('-', '')],
  ];
}

async function packageValues(contextDir: string): Promise<Entry[]> {
  const fields = await readPackage(join(contextDir, 'package.json'));
  const [major, minor, patch] = fields.version?.split(/[-+]/)[0]?.split('.') ?? [];
  return [
    ['package.name', fields.name],
    ['package.version', fields.version],
    ['package.major', major],
    ['package.minor', minor === undefined ? undefined : `${major}.${minor}`],
    ['package.patch', patch],
  ];
}

/** Bytes of a package.json that is read. */
const packageLimit = 1024 * 1024;

async function readPackage(file: string): Promise<{ name?: string; version?: string }> {
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) return {};
  // The source is not trusted: a FIFO would never end, and a link may lead out of it.
  if (!found.isFile() || found.size > packageLimit)
    throw new DockError('CONFIG_INVALID', `"${file}" is not a regular file of at most 1 MiB.`);
  try {
    const { name, version } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    return { ...(typeof name === 'string' ? { name } : {}), ...(typeof version === 'string' ? { version } : {}) };
  } catch (error) {
    throw new DockError('CONFIG_INVALID', `"${file}" cannot be read as a package.json.`, { cause: error });
  }
}

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
