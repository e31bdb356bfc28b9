import type { SourceNeeds } from './source-needs.js';
import { spawnGit } from './spawn-git.js';
import { submodulesRefused } from './list-submodules.js';
import type { SubmoduleBudget } from './submodule-budget.js';

/** What an entry of a tree counts beside its content: a small file takes a block of the disk. */
const entryBytes = 4096;

/**
 * Counts what a checkout of a fetched commit would write, before it is written: a small pack can hold very large files, or one file under a million names.
 *
 * @throws SUBMODULES_REFUSED
 */
export async function examineSubmodule(
  directory: string,
  commit: string,
  budget: SubmoduleBudget,
  { env, signal }: Pick<SourceNeeds, 'env' | 'signal'>,
): Promise<void> {
  const stop = new AbortController();
  let line = '';
  const outcome = await spawnGit(['ls-tree', '-r', '-l', '-z', '--full-tree', commit], {
    cwd: directory,
    env,
    signal: AbortSignal.any([signal, stop.signal]),
    onOutput: (chunk) => {
      if (stop.signal.aborted) return;
      const entries = (line + chunk).split('\0');
      line = entries.pop() ?? '';
      try {
        for (const entry of entries) budget.addBytes(entryBytes + sizeOf(entry));
      } catch (error) {
        stop.abort(error);
      }
    },
  });
  if (stop.signal.aborted) throw stop.signal.reason;
  if (outcome.status !== 0 && !signal.aborted)
    throw submodulesRefused(`The files of a submodule cannot be counted: ${outcome.stderr.trim() || 'git was ended'}.`);
}

/** @param entry `<mode> blob <id> <size>\t<path>` of git-ls-tree(1); a submodule's size is `-` */
function sizeOf(entry: string): number {
  const size = Number(/^\d+ \w+ [0-9a-f]+ +(\d+)\t/.exec(entry)?.[1] ?? 0);
  return Math.ceil(size / entryBytes) * entryBytes;
}
