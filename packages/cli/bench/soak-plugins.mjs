// The plugins of a soak: the standard ones, with a gate, and one that throws where its step says so.
import { inspect } from '../../plugin-inspect/dist/bundle/index.js';
import { pullBase } from '../../plugin-pull-base/dist/bundle/index.js';
import { push } from '../../plugin-push/dist/bundle/index.js';
import { test } from '../../plugin-test/dist/bundle/index.js';

const thrower = (hook) => ({
  name: 'soak',
  apply(dock) {
    dock.hooks[hook].tap('soak', () => {
      throw new Error('the plugin of the soak throws');
    });
  },
});

export const soakPlugins = ({ kind, hook }) => [
  ...(kind === 'plugin' ? [thrower(hook)] : []),
  pullBase(),
  test({ command: kind === 'gate' ? ['false'] : ['cat', '/file'], network: 'none' }),
  push({ retries: 0 }),
  inspect(),
];
