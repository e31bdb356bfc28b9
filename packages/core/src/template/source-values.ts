import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkout } from '../contracts/checkout.js';
import { DockError } from '../errors/dock-error.js';

/** A variable and its value in this build. */
export type TemplateEntry = readonly [variable: string, value: string | undefined];

/** What a source says of `git.*`. */
export function gitValues({ git, kind }: Pick<Checkout, 'git' | 'kind'>): readonly TemplateEntry[] {
  const ref = git?.ref;
  const isTag = ref?.startsWith('refs/tags/') === true;
  const short = ref?.replace(/^refs\/(?:heads|tags|remotes\/[^/]+)\//, '');
  const isNamedTag = isTag || (kind === 'git' && git?.tag !== undefined && git.tag === short);
  // The ref of a directory is its branch; the one that a git URL asks for may be either.
  const isBranch = ref?.startsWith('refs/heads/') === true || (kind === 'path' && !isTag);
  const isCommit = ref !== undefined && git?.commit.startsWith(ref) === true && ref.length >= 7;
  const tag = git?.tag ?? (isCommit || isBranch ? undefined : short);
  return [
    ['git.commit', git?.commit],
    ['git.short', git?.commit.slice(0, 12)],
    ['git.ref', short],
    ['git.branch', isNamedTag || isCommit ? undefined : short],
    ['git.tag', tag],
    ['git.describe', git?.describe],
    ['git.date', git?.authorDate.slice(0, 10).replaceAll('-', '')],
    ['git.commitDate', git?.commitDate === undefined ? undefined : utc(git.commitDate)],
  ];
}

function utc(iso: string): string | undefined {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace('.000Z', 'Z');
}

/**
 * What the `package.json` of a build context says of `package.*`.
 *
 * @throws CONFIG_INVALID for one that cannot be read
 */
export async function packageValues(contextDir: string): Promise<readonly TemplateEntry[]> {
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
