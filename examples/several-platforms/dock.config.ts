import { defineConfig } from '@dock/cli';
import { inspect } from '@dock/plugin-inspect';
import { pullBase } from '@dock/plugin-pull-base';
import { push } from '@dock/plugin-push';

/** One name for two platforms: with a cache that other machines read, files from another directory, and a record of how it was built. */
export default defineConfig(({ env }) => {
  const image = `${env['EXAMPLE_REGISTRY'] ?? 'localhost:5000'}/team/platforms`;
  return {
    image: `${image}:1`,
    platforms: ['linux/amd64', 'linux/arm64'],
    ...(env['EXAMPLE_BASE'] === undefined ? {} : { buildArgs: { BASE: env['EXAMPLE_BASE'] } }),
    contexts: { shared: 'shared' },
    cacheFrom: [`${image}:cache`],
    cacheTo: [`type=registry,ref=${image}:cache,mode=max`],
    provenance: 'mode=max',
    plugins: [pullBase(), push(), inspect()],
  };
});
