import { DockError, type BuildRequest, type DockPlugin, type LatePlugins } from '@dock/core';

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
 * @throws CONFIG_INVALID when a parent registry is given beside a pull-base plugin that has its own options
 */
export async function assemblePlugins(choice: PluginChoice, request: BuildRequest): Promise<readonly DockPlugin[]> {
  const plugins = choice.plugins === undefined ? await standardPlugins(choice) : await withParentRegistry(choice);
  if (!isPushAsked(choice, request) || plugins.some((plugin) => plugin?.publishes === true)) return plugins;
  const { push } = await import('@dock/plugin-push');
  return [...plugins, push()];
}

/** The plugins of a run whose caller names none, loaded when the run comes to them: they leave the source to dock, which fetches it meanwhile. */
export function standardPluginsLater(choice: PluginChoice, request: BuildRequest): LatePlugins {
  return { publishes: isPushAsked(choice, request), load: async () => assemblePlugins(choice, request) };
}

function isPushAsked({ push }: PluginChoice, { targetRegistries, publish }: BuildRequest): boolean {
  return (push === true || (targetRegistries?.length ?? 0) > 0) && publish !== false;
}

async function standardPlugins({ parentRegistry }: PluginChoice): Promise<readonly DockPlugin[]> {
  const { pullBase } = await import('@dock/plugin-pull-base');
  const { inspect } = await import('@dock/plugin-inspect');
  return [pullBase(parentRegistry === undefined ? {} : { parentRegistry }), inspect()];
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
