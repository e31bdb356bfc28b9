import { defineConfig } from '@dock/cli';
import { inspect } from '@dock/plugin-inspect';
import { privileged } from '@dock/runner-privileged';

/** Built by an engine that exists only for this build, without a network; then brought into the host's engine. */
export default defineConfig(({ env }) => ({
  image: 'privileged-example:1',
  runner: privileged({
    buildImage: env['BUILD_IMAGE'] ?? 'dock-build-engine:1',
    network: 'none',
    passEnv: ['BUILD_IMAGE'],
    load: true,
  }),
  plugins: [inspect()],
}));
