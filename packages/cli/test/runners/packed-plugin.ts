import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Install `dock-plugin-greet`, a package of somebody else's, and `greeting-words`, which it depends on, from packed tarballs into the project in this directory, as npm
 * would. It exports `greet(name)`, which answers `good day <name>`.
 */
export async function installPackedPlugin(directory: string): Promise<void> {
  const packages = mkdtempSync(join(tmpdir(), 'dock-packed-'));
  const pack = async (name: string, files: Readonly<Record<string, string>>, into: string): Promise<void> => {
    const source = join(packages, name);
    mkdirSync(source);
    for (const [path, text] of Object.entries(files)) writeFileSync(join(source, path), text);
    await run('npm', ['pack', source, '--pack-destination', packages, '--ignore-scripts']);
    mkdirSync(into, { recursive: true });
    await run('tar', ['xzf', join(packages, `${name}-1.0.0.tgz`), '--strip-components=1', '-C', into]);
  };
  const manifest = (name: string, more: object) => JSON.stringify({ name, version: '1.0.0', ...more });
  const installed = join(directory, 'node_modules', 'dock-plugin-greet');
  try {
    await pack(
      'dock-plugin-greet',
      {
        'package.json': manifest('dock-plugin-greet', {
          type: 'module',
          exports: './index.js',
          dependencies: { 'greeting-words': '1.0.0' },
        }),
        'index.js':
          "export async function greet(name) { const { hello } = await import('greeting-words'); return hello + ' ' + name; }\n",
      },
      installed,
    );
    await pack(
      'greeting-words',
      {
        'package.json': manifest('greeting-words', { main: 'index.cjs' }),
        'index.cjs': "exports.hello = require('./words.json').hello;\n",
        'words.json': '{"hello":"good day"}',
      },
      join(installed, 'node_modules', 'greeting-words'),
    );
  } finally {
    rmSync(packages, { recursive: true, force: true });
  }
}
