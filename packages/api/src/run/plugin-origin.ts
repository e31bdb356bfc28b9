import type { DockPlugin, PluginOrigin } from '@dock/core';

/** What tells where plugins came from. */
export interface OriginFacts {
  readonly plugins?: readonly DockPlugin[];
  readonly configFile?: string;
  readonly push?: boolean;
  readonly parentRegistry?: string;
}

/** How the plugins of a build came about, for a runner that makes them again inside a container. */
export function pluginOrigin({ plugins, configFile, push, parentRegistry }: OriginFacts): PluginOrigin {
  const isLive = plugins !== undefined && configFile === undefined;
  return {
    kind: isLive ? 'live' : configFile === undefined ? 'standard' : 'config',
    ...(push === undefined ? {} : { push }),
    ...(parentRegistry === undefined ? {} : { parentRegistry }),
  };
}
