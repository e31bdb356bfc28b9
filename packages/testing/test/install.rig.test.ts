import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { install, rigTool } from '../src/index.js';
import { withFileLock } from '../src/install/file-lock.js';

const program = fileURLToPath(new URL('../bin/dock-testing.js', import.meta.url));
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-install-test-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('dock-testing install', () => {
  test('is done at once when everything is there', async () => {
    const lines: string[] = [];
    const installed = await install({ log: (line) => lines.push(line) });
    expect(installed.map(({ version }) => version)).toEqual(['20.10', '26']);
    expect(lines).toEqual([]);
    const again = spawnSync(process.execPath, [program, 'install'], { encoding: 'utf8' });
    expect(again).toMatchObject({
      status: 0,
      stderr: '',
      stdout: `${installed.map((each) => each.directory).join('\n')}\n`,
    });
  });

  test('leaves nothing half done when the mirror does not answer, and says what failed', async () => {
    const env = { ...process.env, DOCK_TESTING_CACHE: directory, DOCK_TESTING_MIRROR: 'http://127.0.0.1:9/debian' };
    await expect(install({ engines: ['20.10'], env })).rejects.toThrow(
      /apt-get update from http:\/\/127\.0\.0\.1:9\/debian.*(Could not connect|Connection refused)/s,
    );
    expect(readdirSync(directory)).toEqual(['install.lock']);
  });

  test.each([[[]], [['frobnicate']], [['install', 'now']], [['install', '--engine', '19']], [['install', '--nope']]])(
    'refuses %j with its usage',
    (args) => {
      const { status, stderr, stdout } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain('Usage: dock-testing install');
    },
  );
});

test.each([
  ['docker', '20.10', /Docker version 20\.10/],
  ['skopeo', '20.10', /skopeo version 1\./],
  ['openssl', '20.10', /OpenSSL 3/],
  ['docker', '26', /Docker version 26/],
  ['docker-buildx', '26', /buildx/],
] as const)('the tool %s of Engine %s runs', (tool, version, output) => {
  const args = tool === 'docker-buildx' || tool === 'openssl' ? ['version'] : ['--version'];
  expect(spawnSync(rigTool(tool, version), args, { encoding: 'utf8' }).stdout).toMatch(output);
});

test('one process at a time holds a lock, and a killed one lets it go', async () => {
  const lock = join(directory, 'lock');
  const log = join(directory, 'log');
  const module = new URL('../dist/install/file-lock.js', import.meta.url).href;
  const script = `const { withFileLock } = await import('${module}');
    await withFileLock('${lock}', async () => { (await import('node:fs')).writeFileSync('${log}', 'theirs\\n'); await new Promise((resolve) => setTimeout(resolve, 60_000)); });`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  while (!existsSync(log)) await new Promise((resolve) => setTimeout(resolve, 5));
  const mine = withFileLock(lock, async () => appendFileSync(log, 'mine\n'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(readFileSync(log, 'utf8')).toBe('theirs\n');
  holder.kill('SIGKILL');
  await mine;
  expect(readFileSync(log, 'utf8')).toBe('theirs\nmine\n');
});
