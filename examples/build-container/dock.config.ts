import { defineConfig } from '@dock/cli';
import { inspect } from '@dock/plugin-inspect';
import { pullBase } from '@dock/plugin-pull-base';
import { test } from '@dock/plugin-test';
import { hostDocker } from '@dock/runner-host-docker';
import { sayWhere } from './say-where.ts';

/** The pipeline of this directory in a build container: its own plugin goes along, and so does one variable. */
export default defineConfig(({ env }) => ({
  image: 'build-container-example:1',
  network: 'host',
  buildArgs: {
    MADE_BY: env['MADE_BY'] ?? 'the example',
    ...(env['EXAMPLE_BASE'] === undefined ? {} : { BASE: env['EXAMPLE_BASE'] }),
  },
  runner: hostDocker({
    buildImage: env['BUILD_IMAGE'] ?? 'dock-build:1',
    network: 'host',
    passEnv: ['MADE_BY', 'EXAMPLE_BASE', 'BUILD_IMAGE'],
  }),
  plugins: [pullBase(), sayWhere(), test({ command: ['cat', '/made-by'], network: 'none' }), inspect()],
}));
