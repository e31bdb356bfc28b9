import type { GitFacts } from '../contracts/checkout.js';

/** Words of git that say where a commit stands between tags, always in the long form: a tag may itself look like the short one. */
export const describeWords: readonly string[] = ['describe', '--tags', '--long', '--always', 'HEAD'];

/** What those words are answered: `v1.2-3-gabcdef1`, as `git describe --tags --always` has it, or without any tag the commit alone. */
export function readDescribe(output: string): Pick<GitFacts, 'describe' | 'tag'> {
  const text = output.trim();
  const [, tag, count] = /^(.+)-(\d+)-g[0-9a-f]+$/.exec(text) ?? [];
  if (tag === undefined) return text === '' ? {} : { describe: text };
  return count === '0' ? { describe: tag, tag } : { describe: text };
}

/** What git noted of a fetch (`.git/FETCH_HEAD`) says of a tag that was asked for. */
export function readFetchedTag(noted: string): Pick<GitFacts, 'describe' | 'tag'> {
  const tag = /^[0-9a-f]+\t[^\t]*\ttag '(.+)' of /.exec(noted)?.[1];
  return tag === undefined ? {} : { describe: tag, tag };
}
