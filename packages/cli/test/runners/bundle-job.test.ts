import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { insideEntry as makeInsideEntry } from '../../../api/src/inside-entry.js';
import { bundleJob } from '../../../build-container/src/bundling/bundle-job.js';

const packages = resolve(import.meta.dirname, '../../..');
let project: string;

beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'dock-bundle-test-')));
  mkdirSync(join(project, 'node_modules', '@dock'), { recursive: true });
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const insideEntry = makeInsideEntry();

/** The bundle of a config: its first file, and the paths of all. */
async function bundleOf(config: string, inside = insideEntry) {
  const configFile = join(project, 'dock.config.ts');
  writeFileSync(configFile, config);
  const files = await bundleJob({ inside, configFile });
  const main = files.find(({ path }) => path === 'bundle/main.js')?.content ?? '';
  return { main: Buffer.from(main).toString(), paths: files.map(({ path }) => path) };
}

const useTag = "import { tag } from '@dock/plugin-tag';\nexport default { plugins: [tag({ tags: ['a:1'] })] };\n";

describe('the bundle of a job', () => {
  test('holds the config, and takes the modules of dock as they were bundled already', async () => {
    symlinkSync(join(packages, 'plugin-tag'), join(project, 'node_modules', '@dock', 'plugin-tag'));
    const { main, paths } = await bundleOf(useTag);
    expect(main).toContain('from "./dock/api-inside-build.js"');
    expect(main).toContain('from "./dock/plugin-tag.js"');
    expect(main.length).toBeLessThan(5_000);
    expect(paths).toEqual(expect.arrayContaining(['bundle/dock/plugin-tag.js', 'bundle/dock/core.js']));
  });

  test('finds an import by "paths" of the tsconfig beside the config, and of what that extends, which has no other say', async () => {
    symlinkSync(join(packages, 'plugin-tag'), join(project, 'node_modules', '@dock', 'plugin-tag'));
    for (const name of ['lib', 'lib/@dock', 'base']) mkdirSync(join(project, name));
    const paths = '{"~/*": ["../lib/*"], "@dock/*": ["../lib/@dock/*"]}';
    writeFileSync(join(project, 'base/tsconfig.json'), `{"compilerOptions": {"paths": ${paths}} /* with a comment */}`);
    const tsconfig = '{"extends": "./base/tsconfig.json", "compilerOptions": {"jsx": "react", "jsxFactory": "other"},}';
    writeFileSync(join(project, 'tsconfig.json'), tsconfig);
    writeFileSync(
      join(project, 'lib/names.ts'),
      "import { more } from '~/more';\nexport const name: string = 'of-the-paths' + more;\n",
    );
    writeFileSync(join(project, 'lib/more.tsx'), 'export const more = String(() => <a />);\n');
    writeFileSync(join(project, 'lib/@dock/plugin-tag.ts'), "export const tag = 'not this one';\n");
    const { main } = await bundleOf(`import { name } from '~/names';\nconsole.log(name);\n${useTag}`);
    expect(main).toContain('of-the-paths');
    expect(main).toContain('React.createElement');
    expect(main).not.toContain('not this one');
    writeFileSync(join(project, 'lib/names.ts'), "import '~/nowhere';\n");
    await expect(bundleOf("import '~/names';\n")).rejects.toMatchObject({
      code: 'CONFIG_ERROR',
      message: expect.stringContaining('"~/nowhere"'),
    });
  });

  test('holds a copy of a package that is not the one dock itself has', async () => {
    const own = join(project, 'node_modules', '@dock', 'plugin-tag');
    for (const name of ['package.json', 'dist'])
      cpSync(join(packages, 'plugin-tag', name), join(own, name), { recursive: true });
    symlinkSync(join(packages, 'core'), join(project, 'node_modules', '@dock', 'core'));
    const { main } = await bundleOf(useTag);
    expect(main).not.toContain('"./dock/plugin-tag.js"');
    // Its paths are told from where the config is.
    expect(main).toContain('// node_modules/@dock/plugin-tag/dist');
    // What that copy imports is dock's own again.
    expect(main).toContain('from "./dock/core.js"');
  });

  test('holds everything where nothing was bundled already, or of another code', async () => {
    symlinkSync(join(packages, 'plugin-tag'), join(project, 'node_modules', '@dock', 'plugin-tag'));
    const [empty, other] = ['empty', 'other'].map((name) => join(project, name)) as [string, string];
    for (const directory of [empty, other]) mkdirSync(directory);
    writeFileSync(
      join(other, 'modules.json'),
      JSON.stringify({ modules: { '@dock/plugin-tag': 'plugin-tag.js' }, sums: { '@dock/core': '0'.repeat(64) } }),
    );
    const { prebuilt: _, ...without } = insideEntry;
    for (const inside of [without, { ...insideEntry, prebuilt: empty }, { ...insideEntry, prebuilt: other }]) {
      const { main, paths } = await bundleOf(useTag, inside);
      expect(main).not.toContain('./dock/');
      expect(paths.filter((path) => path.startsWith('bundle/dock/'))).toEqual([]);
    }
  });

  test('holds everything when something asks for a module of dock by require, so that there is one copy of each', async () => {
    symlinkSync(join(packages, 'core'), join(project, 'node_modules', '@dock', 'core'));
    writeFileSync(join(project, 'plugin.cjs'), "module.exports = require('@dock/core').DockError;\n");
    const { main, paths } = await bundleOf(
      "import it from './plugin.cjs';\nexport default { plugins: [], labels: { it } };\n",
    );
    expect(main).not.toContain('from "./dock/');
    expect(paths.filter((path) => path.startsWith('bundle/dock/'))).toEqual([]);
  });
});
