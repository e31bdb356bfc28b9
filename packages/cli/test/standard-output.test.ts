import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createProject, dockBinary, type Project } from './run-dock.js';

/** Ways to standard output that a config or a plugin has; each says "stray". */
const ways: Readonly<Record<string, string>> = {
  'execFileSync, inheriting': `execFileSync('echo', ['stray'], { stdio: 'inherit' })`,
  'execSync, inheriting one by one': `execSync('echo stray', { stdio: ['ignore', 'inherit', 'inherit'] })`,
  'spawnSync, without a list of arguments': `spawnSync('echo stray', { shell: true, stdio: ['ignore', 1, 2] })`,
  'spawn, inheriting': `await once(spawn('echo', ['stray'], { stdio: 'inherit' }), 'close')`,
  'spawn, with the stream': `await once(spawn('echo', ['stray'], { stdio: ['ignore', process.stdout, 'ignore'] }), 'close')`,
  'spawn, with the descriptor in another place': `await once(spawn('sh', ['-c', 'echo stray >&3'], { stdio: ['ignore', 'ignore', 'ignore', 1] }), 'close')`,
  'a child of a child': `await once(spawn('sh', ['-c', 'sh -c "echo stray"'], { stdio: 'inherit' }), 'close')`,
  fork: `await once(fork('./child.mjs'), 'close')`,
  'the namespace of node:child_process': `childProcess.execFileSync('echo', ['stray'], { stdio: 'inherit' })`,
  require: `require('child_process').execFileSync('echo', ['stray'], { stdio: 'inherit' })`,
  'console.log': `console.log('stray')`,
  'the descriptor': `fs.writeSync(1, 'stray\\n')`,
  'the descriptor, later': `await new Promise((done) => fs.write(1, 'stray\\n', done))`,
  'the descriptor, as a file': `fs.writeFileSync(1, 'stray\\n')`,
  'a stream on the descriptor': `await new Promise((done) => fs.createWriteStream('', { fd: 1, autoClose: false }).end('stray\\n', done))`,
};

const config = (way: string) => `
import * as childProcess from 'node:child_process';
import { execFileSync, execSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
${way};
export default {};
`;

let project: Project;

beforeAll(() => {
  project = createProject({ 'child.mjs': `console.log('stray');` });
});

afterAll(() => project.remove());

describe('standard output is the result alone, whatever a config starts or writes by', () => {
  test.each(Object.entries(ways))('%s', async (_, way) => {
    project.write({ 'dock.config.mjs': config(way) });
    const { status, stdout, stderr } = await project.run(['config', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, status: 'ok' });
    expect(stderr).toContain('stray\n');
    expect(status).toBe(0);
  });

  test.each(Object.keys(ways).filter((way) => !way.includes('stream')))('%s, with files as outputs', (name) => {
    project.write({ 'dock.config.mjs': config(ways[name] ?? '') });
    const files = ['out', 'err'].map((file) => join(project.directory, file));
    const [out, err] = files.map((file) => openSync(file, 'w')) as [number, number];
    const { status } = spawnSync(process.execPath, [dockBinary, 'config', '--json'], {
      cwd: project.directory,
      env: project.env(),
      stdio: ['ignore', out, err],
    });
    closeSync(out);
    closeSync(err);
    const [stdout, stderr] = files.map((file) => readFileSync(file, 'utf8')) as [string, string];
    expect(JSON.parse(stdout)).toMatchObject({ v: 1, status: 'ok' });
    expect(stderr).toContain('stray\n');
    expect(status).toBe(0);
  });

  test('what a child is to write to a pipe of its own comes through that', async () => {
    project.write({
      'dock.config.mjs': config(`if (String(execFileSync('echo', ['mine'])) !== 'mine\\n') throw new Error('lost')`),
    });
    expect(await project.run(['config', '--json'])).toMatchObject({ status: 0, stderr: '' });
  });
});
