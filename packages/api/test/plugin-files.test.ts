import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadPlugins } from '../src/predecessor/plugin-files.js';
import { DockerBuildWorkflow } from '../src/index.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-plugin-files-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

const plugin = "{ name: 'check', apply() {} }";

describe('plugins from files', () => {
  test('of one name are refused: one of them would not run', async () => {
    write({ 'a/check.mjs': `export default ${plugin}`, 'b/check.mjs': `export default ${plugin}` });
    await expect(loadPlugins(['a/check.mjs', 'b/check.mjs'], [], directory)).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('"b/check.mjs"'),
    });
  });

  test('that are no factories take no options', async () => {
    write({
      'check.mjs': `export default ${plugin}`,
      'made.mjs': `export default (options) => ({ ...${plugin}, options })`,
    });
    await expect(loadPlugins(['check.mjs'], [{ check: { strict: true } }], directory)).rejects.toMatchObject({
      code: 'PLUGIN_INVALID',
    });
    expect(await loadPlugins(['check.mjs', 'made.mjs'], [{ made: { strict: true } }], directory)).toMatchObject([
      { name: 'check' },
      { options: { strict: true } },
    ]);
  });

  test('a parent registry beside a configured pull-base is refused, not dropped', async () => {
    const workflow = new DockerBuildWorkflow({
      gitUrl: 'https://git.example.com/a.git',
      image: 'a:1',
      parentRegistry: 'mirror.example.com',
      prebuildPlugins: { 'pull-base': {} },
      host: 'unix:///nowhere',
      env: {},
      cwd: directory,
      stateDir: false,
    });
    expect(await workflow.buildDockerImage()).toMatchObject({
      error: { code: 'CONFIG_INVALID', message: expect.stringContaining('"mirror.example.com"') },
    });
  });
});
