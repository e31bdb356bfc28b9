import { existsSync } from 'node:fs';
import type { DockPlugin } from '@dock/core';

/** Reports whether the pipeline runs in a build container. It reaches the container because the config imports it. */
export function sayWhere(): DockPlugin {
  return {
    name: 'say-where',
    apply(dock) {
      dock.hooks.prebuild.tap('say-where', (_spec, context) => context.report(existsSync('/run/dock/job.json')));
    },
  };
}
