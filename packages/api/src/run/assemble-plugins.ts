import { DockError, type BuildRequest, type DockPlugin, type LatePlugins, nearestWord } from '@dock/core';
import { makesImage } from '@dock/core/internal';

/** What decides which plugins take part. */
export interface PluginChoice {
  /** The caller's, in order. @default pullBase() and inspect() */
  readonly plugins?: readonly DockPlugin[];
  /** Publish (`--push`). A request with target registries publishes too; `publish: false` in the request wins. */
  readonly push?: boolean;
  /** Registry (`host[:port][/prefix]`) that the base images are taken from. */
  readonly parentRegistry?: string;
}

const pullBaseName = 'pull-base';

/**
 * The plugins of a run: the caller's or the standard ones, with `push()` where publishing was asked for and nothing publishes yet.
 *
 * @throws CONFIG_INVALID when a parent registry is given beside a pull-base plugin that has its own options; USAGE when a plugin shall be left out that is not there
 */
export async function assemblePlugins(choice: PluginChoice, request: BuildRequest): Promise<readonly DockPlugin[]> {
  const all = choice.plugins === undefined ? await standardPlugins(choice, request) : await withParentRegistry(choice);
  const plugins = withoutSkipped(all, request);
  if (!isPushAsked(choice, request) || plugins.some((plugin) => plugin?.publishes === true)) return plugins;
  const { push } = await import('@dock/plugin-push');
  return [...plugins, push()];
}

/** The plugins of a run whose caller names none, loaded when the run comes to them: they leave the source to dock, which fetches it meanwhile. */
export function standardPluginsLater(choice: PluginChoice, request: BuildRequest): LatePlugins {
  return { publishes: isPushAsked(choice, request), load: async () => assemblePlugins(choice, request) };
}

/** Whether publishing is asked for beside the plugins. */
export function isPushAsked({ push }: PluginChoice, { targetRegistries, publish }: BuildRequest): boolean {
  return (push === true || (targetRegistries?.length ?? 0) > 0) && publish !== false;
}

async function standardPlugins(
  { parentRegistry }: PluginChoice,
  { outputs }: BuildRequest,
): Promise<readonly DockPlugin[]> {
  const { pullBase } = await import('@dock/plugin-pull-base');
  const first = pullBase(parentRegistry === undefined ? {} : { parentRegistry });
  // Without an image there is nothing to describe.
  if (!makesImage(outputs)) return [first];
  const { inspect } = await import('@dock/plugin-inspect');
  return [first, inspect()];
}

function withoutSkipped(plugins: readonly DockPlugin[], { skip = [] }: BuildRequest): readonly DockPlugin[] {
  const names = plugins.map((plugin) => plugin?.name);
  const unknown = skip.find((name) => !names.includes(name));
  if (unknown === undefined) return plugins.filter((plugin) => !skip.includes(plugin?.name));
  const nearest = nearestWord(unknown, names);
  throw new DockError('USAGE', `There is no plugin "${unknown}" to leave out.`, {
    hint: nearest === undefined ? `The plugins of this run are ${names.join(', ')}.` : `Did you mean "${nearest}"?`,
  });
}

async function withParentRegistry({ plugins = [], parentRegistry }: PluginChoice): Promise<readonly DockPlugin[]> {
  if (parentRegistry === undefined) return plugins;
  if (plugins.some((plugin) => plugin?.name === pullBaseName)) {
    throw new DockError(
      'CONFIG_INVALID',
      `The parent registry "${parentRegistry}" is given, and "plugins" has a ${pullBaseName} plugin with options of its own.`,
      { hint: `Set it there: pullBase({ parentRegistry: '${parentRegistry}' }).` },
    );
  }
  const { pullBase } = await import('@dock/plugin-pull-base');
  return [pullBase({ parentRegistry }), ...plugins];
}
