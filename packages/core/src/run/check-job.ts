import type { BuildRequest } from '../contracts/build-request.js';
import type { TargetReference } from '../contracts/build-spec.js';
import { DockError } from '../errors/dock-error.js';
import { checkedOptions } from '../options/check-options.js';
import { checkPlugins } from '../hooks/check-plugins.js';
import { createHookSet, type HookSet } from '../hooks/hook-set.js';
import { dockVersion } from '../version.js';
import { hasCommand } from './has-command.js';
import { targetReferences } from './target-references.js';

/** What checking a job gives. */
export interface CheckedJob {
  /** The names that the request asks for. */
  readonly references: readonly TargetReference[];
  readonly hooks: HookSet;
}

/**
 * Check everything about a job that needs neither source nor engine: limits, names, options, plugins and their taps.
 *
 * @param builtIn Plugins after the job's own.
 * @throws INVALID_OPTION, INVALID_IMAGE_NAME, USAGE, PLUGIN_INVALID, COMMAND_NOT_FOUND
 */
export async function checkJob(
  job: { readonly request: Omit<BuildRequest, 'source'>; readonly plugins: unknown },
  env: Readonly<Record<string, string | undefined>>,
  builtIn: readonly unknown[] = [],
): Promise<CheckedJob> {
  const { request, plugins } = job;
  await checkedOptions(request);
  const references = targetReferences(request);
  if (!Array.isArray(plugins))
    throw new DockError('PLUGIN_INVALID', `"plugins" is not a list but of type "${typeof plugins}".`);
  const checked = await checkPlugins([...plugins, ...builtIn], dockVersion, (command) => hasCommand(command, env));
  return { references, hooks: await createHookSet(checked, dockVersion) };
}
