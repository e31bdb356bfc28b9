import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './run-program.js';
import type { PackedPackage } from './pack-packages.js';

/** A plugin of somebody else's, as its author packs it: it writes a label. */
export async function packStampPlugin(directory: string): Promise<string> {
  const source = join(directory, 'dock-plugin-stamp');
  mkdirSync(source);
  const manifest = {
    name: 'dock-plugin-stamp',
    version: '1.0.0',
    type: 'module',
    exports: { types: './index.d.ts', default: './index.js' },
    peerDependencies: { '@dock/core': '>=0.0.0' },
  };
  const files = {
    'package.json': JSON.stringify(manifest),
    'index.d.ts': `import type { DockPlugin } from '@dock/core';\nexport declare function stamp(text: string): DockPlugin;\n`,
    'index.js': `import { pluginOptions } from './options.js';
export const stamp = (text) => ({
  name: 'stamp',
  apply(dock) {
    dock.hooks.prebuild.tap('stamp', (spec) => ({ ...spec, labels: { ...spec.labels, stamp: pluginOptions(text) } }));
  },
});
`,
    'options.js': `import { DockError } from '@dock/core';
export function pluginOptions(text) {
  if (text === '') throw new DockError('CONFIG_INVALID', 'A stamp is empty.');
  return text;
}
`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(source, name), text);
  await mustRun('npm', ['pack', source, '--pack-destination', directory], { cwd: directory });
  return join(directory, 'dock-plugin-stamp-1.0.0.tgz');
}

/** A program that uses what the packages promise to whoever writes programs with them. */
const program = `import { buildImageHere, DockerBuildWorkflow } from '@dock/api';
import { DockError, type DockPlugin, isDockError } from '@dock/core';
import { connectEngine, DockerTasker, resolveEndpoint } from '@dock/engine';
import { privileged } from '@dock/runner-privileged';

export const plugin: DockPlugin = { name: 'own', apply: (dock) => dock.hooks.prepublish.tap('own', () => undefined) };
export const promised = [buildImageHere, connectEngine, DockerBuildWorkflow, DockerTasker, privileged, resolveEndpoint];
export const code = (error: unknown): string | undefined => (isDockError(error) ? error.code : undefined);
export const usage = new DockError('USAGE', 'It is used.');
`;

/** Write an empty project that installs packed packages, has a config in TypeScript, and a context whose base is this image. */
export function writePackedProject(
  directory: string,
  {
    packages,
    plugin,
    base,
    name: published,
  }: {
    readonly packages: readonly PackedPackage[];
    /** Tarball of the plugin of somebody else. */
    readonly plugin: string;
    readonly base: string;
    /** What it publishes, without a tag. */
    readonly name: string;
  },
): void {
  for (const name of ['app', 'program']) mkdirSync(join(directory, name), { recursive: true });
  const manifest = {
    name: 'packed-project',
    private: true,
    type: 'module',
    devDependencies: {
      ...Object.fromEntries(packages.map(({ manifest: { name: each, version } }) => [each, version])),
      'dock-plugin-stamp': `file:${plugin}`,
      // Programs for Node have its types; a config needs none.
      '@types/node': '20.19.0',
    },
  };
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  const files = {
    'package.json': JSON.stringify(manifest),
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, types: [] }, include: ['*.ts'] }),
    'program/tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, types: ['node'] } }),
    'program/program.ts': program,
    'app/Dockerfile': `FROM ${base}\nRUN echo built > /etc/built\nCMD ["cat", "/etc/built"]\n`,
    'dock.config.ts': `import { defineConfig } from '@dock/cli';
import { inspect } from '@dock/plugin-inspect';
import { pullBase } from '@dock/plugin-pull-base';
import { push } from '@dock/plugin-push';
import { tag } from '@dock/plugin-tag';
import { test } from '@dock/plugin-test';
import { hostDocker } from '@dock/runner-host-docker';
import { stamp } from 'dock-plugin-stamp';

export default defineConfig(({ env }) => ({
  network: 'host',
  ...(env['BUILD_IMAGE'] === undefined ? {} : { runner: hostDocker({ buildImage: env['BUILD_IMAGE'], network: 'host', passEnv: ['BUILD_IMAGE', 'PACKED_TAG'] }) }),
  plugins: [
    pullBase({ policy: 'if-not-present' }),
    tag({ references: ['${published}:' + (env['PACKED_TAG'] ?? '')] }),
    stamp('packed'),
    test({ command: ['cat', '/etc/built'] }),
    push(),
    inspect(),
  ],
}));
`,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
}
