import { defineConfig } from '@dock/cli';
import { inspect } from '@dock/plugin-inspect';
import { pullBase } from '@dock/plugin-pull-base';
import { push } from '@dock/plugin-push';
import { tag } from '@dock/plugin-tag';
import { test } from '@dock/plugin-test';

/** A registry to try this with, a base image if Docker Hub is out of reach, and another gate: all have defaults. */
export default defineConfig(({ env }) => {
  const registry = env['HELLO_REGISTRY'] ?? 'localhost:5000';
  return {
    ...(env['HELLO_BASE'] === undefined ? {} : { buildArgs: { BASE: env['HELLO_BASE'] } }),
    plugins: [
      pullBase(),
      tag({
        references: [`${registry}/team/hello:1.0`, `${registry}/mirror/hello:1.0`],
        floating: [`${registry}/team/hello:latest`],
      }),
      test({ command: [env['HELLO_GATE'] ?? 'hello', '--check'], network: 'none', timeoutMs: 30_000 }),
      push(),
      inspect(),
    ],
  };
});
