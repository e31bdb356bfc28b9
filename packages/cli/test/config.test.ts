import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult, ErrorDocument } from '@dock/core';
import { createProject, type Project } from './run-dock.js';

let project: Project;
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

describe('finding a config', () => {
  test.each(['dock.config.ts', 'dock.config.mts', 'dock.config.js', 'dock.config.mjs'])('finds %s', async (name) => {
    project.write({ [name]: 'export default { image: "hello:dev" };\n', 'package.json': '{"type":"module"}' });
    const { status, stdout } = await project.run(['config', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file: join(project.directory, name), config: { image: 'hello:dev' } });
  });

  test('takes the one that --config names, and none with --no-config', async () => {
    project.write({
      'dock.config.mjs': 'throw new Error("not this one")',
      'ci/other.mjs': 'export default { target: "ci" }',
    });
    const named = await project.run(['config', '--config', 'ci/other.mjs', '--json']);
    expect(JSON.parse(named.stdout)).toMatchObject({ config: { target: 'ci' } });
    const none = await project.run(['config', '--no-config', '--json']);
    expect(JSON.parse(none.stdout)).toMatchObject({ file: null, config: {} });
  });

  test.each([
    '"https://robot:t0ken@git.example.com/a.git"',
    '{ kind: "git", url: "https://robot:t0ken@git.example.com/a.git" }',
  ])('shows the source %s without its token', async (source) => {
    project.write({ 'dock.config.mjs': `export default { source: ${source} }` });
    for (const flags of [['--json'], []]) {
      const { status, stdout } = await project.run(['config', ...flags]);
      expect(status).toBe(0);
      expect(stdout).not.toContain('t0ken');
      expect(stdout).toContain('xxxxx@git.example.com/a.git');
    }
  });

  test('looks in the directory that the user started in and nowhere above or below', async () => {
    project.write({ 'dock.config.mjs': 'throw new Error("above")', 'deep/down/file': '' });
    const { status, stdout } = await project.run(['config', '--json'], { cwd: join(project.directory, 'deep') });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file: null });
  });

  const dockNames = 'a config is named dock.config.ts, dock.config.mts, dock.config.js, dock.config.mjs';
  test.each([
    ['dock.config.cjs', '.', dockNames, 'Rename it to dock.config.mts, or pass --config dock.config.cjs.'],
    ['Dock.Config.ts', '.', dockNames, 'Rename it to dock.config.ts, or pass --config Dock.Config.ts.'],
    ['dockconfig.mjs', '.', dockNames, 'Rename it to dock.config.mjs, or pass --config dockconfig.mjs.'],
    ['dock.conifg.js', '.', dockNames, 'Rename it to dock.config.js, or pass --config dock.conifg.js.'],
    ['.config/dock.config.ts', '.', dockNames, 'Move it to dock.config.ts, or pass --config .config/dock.config.ts.'],
    ['dock.config.json', '.', dockNames, 'into dock.config.mts.'],
    ['dock.config.yaml', '.', dockNames, 'into dock.config.mts.'],
    ['.dockrc', '.', dockNames, 'into dock.config.mts.'],
    ['app/dock.config.ts', '.', 'started in only', 'Start dock in app, or pass --config app/dock.config.ts.'],
    ['../dock.config.mjs', '.', 'started in only', 'Start dock in .., or pass --config ../dock.config.mjs.'],
    ['dock.config.mjs', 'app', 'started in only', 'Start dock in .., or pass --config ../dock.config.mjs.'],
  ])('says in one warning that %s is not read', async (file, cwd, message, hint) => {
    project.write({ [file]: 'throw new Error("nobody reads it")', 'app/Dockerfile': 'FROM scratch\n' });
    const source = cwd === '.' ? 'app' : '.';
    const options = { cwd: join(project.directory, cwd) };
    const { stdout } = await project.run(['build', source, '--tag', 'x:1', '--json', '-H', 'unix:///nowhere'], options);
    const { warnings, error } = JSON.parse(stdout) as BuildResult;
    const name = join(cwd === '.' ? '' : '..', file);
    const unread = { message: expect.stringContaining(`"${name}" is not read: `), hint: expect.stringContaining(hint) };
    expect(warnings).toEqual([unread]);
    expect(warnings[0]?.message).toContain(message);
    expect(error?.code).toBe('DAEMON_UNREACHABLE');
    const failing = await project.run(['build', source, '--ulimit', 'x', '--json'], options);
    expect(JSON.parse(failing.stdout)).toMatchObject({ exitStatus: 2, warnings: [unread] });
    if (file.startsWith('app/')) return;
    const shown = await project.run(['config', '--json'], options);
    expect(JSON.parse(shown.stdout)).toMatchObject({ file: null, warnings: [unread] });
    expect((await project.run(['config'], options)).stdout).toContain(`# "${name}" is not read: `);
    const none = await project.run(
      ['build', source, '--tag', 'x:1', '--no-config', '--json', '-H', 'unix:///nowhere'],
      options,
    );
    expect(JSON.parse(none.stdout)).toMatchObject({ warnings: [] });
  });

  test.each(['docker-config.json', 'dockerfile.ts', 'docs.config.ts', 'app/dock.config.json', 'package.json'])(
    'says nothing of %s, nor of anything when there is a config',
    async (file) => {
      const words = ['build', 'app', '--tag', 'x:1', '--json', '-H', 'unix:///nowhere'];
      project.write({ [file]: '{}', 'app/Dockerfile': 'FROM scratch\n' });
      expect(JSON.parse((await project.run(words)).stdout)).toMatchObject({ warnings: [] });
      project.write({ 'dock.config.mjs': 'export default {}', 'dock.config.cjs': '' });
      expect(JSON.parse((await project.run(words)).stdout)).toMatchObject({ warnings: [] });
    },
  );

  test('finds an import by "paths" of the tsconfig beside it, which has no other say', async () => {
    project.write({
      'dock.config.ts': "import { name } from '~/names';\nexport default { image: name };\n",
      'lib/names.ts': "export const name: string = 'hello:dev';\n",
      'tsconfig.json': '{"compilerOptions":{"baseUrl":".","paths":{"~/*":["./lib/*"]}}}',
    });
    const { status, stdout } = await project.run(['config', '--json']);
    expect([status, JSON.parse(stdout).config]).toEqual([0, { image: 'hello:dev' }]);
    project.write({ 'tsconfig.json': 'not JSON', 'dock.config.ts': 'export default { image: "hello:dev" };\n' });
    expect((await project.run(['config'])).status).toBe(0);
  });

  test('loads TypeScript with imports, enums and plugins that share the instance of core', async () => {
    project.write({
      'dock.config.ts': `
        import { defineConfig } from '@dock/cli';
        import { inspect } from '@dock/plugin-inspect';
        import { isDockError, DockError } from '@dock/core';
        import { name } from './names.js';
        enum Stage { Final = 'final' }
        if (!isDockError(new DockError('USAGE', 'x'))) throw new Error('two copies');
        export default defineConfig(async ({ directory, env }) => ({
          image: \`\${name}:\${env.CHANNEL ?? 'none'}\`, target: Stage.Final, labels: { directory },
          plugins: [inspect()],
        }));`,
      'names.ts': "export const name: string = 'hello';\n",
    });
    const { stdout, stderr } = await project.run(['config', '--json'], { env: { CHANNEL: 'beta' } });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).config).toEqual({
      image: 'hello:beta',
      target: 'final',
      labels: { directory: project.directory },
      plugins: ['inspect'],
    });
  });

  test('keeps compiled files in a private directory of its own', async () => {
    project.write({ 'dock.config.ts': 'export default { target: "x" as string };' });
    await project.run(['config']);
    const cache = join(project.home, '.cache', 'dock', 'jiti');
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    expect(readdirSync(cache).length).toBeGreaterThan(0);
    expect(readdirSync(project.directory)).toEqual(['dock.config.ts', 'node_modules']);
  });

  test('keeps what the config prints out of standard output', async () => {
    project.write({ 'dock.config.mjs': 'console.log("chatty"); export default {};' });
    const { stdout, stderr } = await project.run(['config', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'ok' });
    expect(stderr).toContain('chatty');
  });
});

describe('a bad config', () => {
  const cases: [string, Readonly<Record<string, string>>, string, RegExp][] = [
    [
      'that throws',
      { 'dock.config.ts': '\n\nthrow new Error("boom");\n' },
      'CONFIG_ERROR',
      /dock\.config\.ts:3:\d+": boom/,
    ],
    [
      'that throws in JavaScript',
      { 'dock.config.mjs': '\nthrow new TypeError("boom");\n' },
      'CONFIG_ERROR',
      /dock\.config\.mjs:2:\d+": TypeError: boom/,
    ],
    [
      'that throws ENOENT',
      { 'dock.config.ts': 'import { readFileSync } from "node:fs";\nreadFileSync("/nope");\nexport default {};' },
      'CONFIG_ERROR',
      /dock\.config\.ts:2:\d+": ENOENT/,
    ],
    [
      'that throws no Error',
      { 'dock.config.ts': 'throw "a string";' },
      'CONFIG_ERROR',
      /dock\.config\.ts": it threw "a string"/,
    ],
    [
      'with a syntax error',
      { 'dock.config.ts': 'export default {\n  a: 1\n  b: 2\n};' },
      'CONFIG_ERROR',
      /dock\.config\.ts:3:\d+": syntax error: .*expected ","/,
    ],
    [
      'with a syntax error in JavaScript',
      { 'dock.config.mjs': 'export default {\n  a: 1\n  b: 2\n};' },
      'CONFIG_ERROR',
      /dock\.config\.mjs:3:\d+": syntax error/,
    ],
    [
      'whose import throws',
      { 'dock.config.ts': 'import "./dep.js";\nexport default {};', 'dep.ts': '\nthrow new Error("deep");' },
      'CONFIG_ERROR',
      /dep\.ts:2:\d+": deep/,
    ],
    [
      'whose function rejects',
      { 'dock.config.ts': '\nexport default async () => {\n  throw new Error("late");\n};' },
      'CONFIG_ERROR',
      /dock\.config\.ts:3:\d+": late/,
    ],
    [
      'that is a promise that rejects',
      { 'dock.config.ts': 'export default Promise.reject(new Error("never"));' },
      'CONFIG_ERROR',
      /dock\.config\.ts:1:\d+": never/,
    ],
    ['that exports nothing', { 'dock.config.ts': 'export const a = 1;' }, 'CONFIG_ERROR', /exports nothing/],
    ['that is empty', { 'dock.config.ts': '' }, 'CONFIG_ERROR', /exports nothing/],
    [
      'that exports nothing in JavaScript',
      { 'dock.config.mjs': 'export const a = 1;' },
      'CONFIG_ERROR',
      /exports nothing/,
    ],
    [
      'with an unknown key',
      { 'dock.config.ts': 'export default { targetRegistry: [] };' },
      'CONFIG_INVALID',
      /unknown key "targetRegistry"[\s\S]*Did you mean "targetRegistries"/,
    ],
    [
      'with a wrong type',
      { 'dock.config.ts': 'export default { targetRegistries: ["a", 1] };' },
      'CONFIG_INVALID',
      /"targetRegistries\[1\]"/,
    ],
    [
      'with a polluting key',
      { 'dock.config.ts': 'export default JSON.parse(\'{"__proto__":{"polluted":1}}\');' },
      'CONFIG_INVALID',
      /__proto__/,
    ],
    [
      'with a plugin that is not installed',
      { 'dock.config.ts': '\nimport plugin from "dock-plugin-gone";\nexport default { plugins: [plugin()] };' },
      'PLUGIN_NOT_FOUND',
      /dock\.config\.ts:2" imports "dock-plugin-gone"[\s\S]*pnpm add --save-dev dock-plugin-gone/,
    ],
    [
      'with a scoped plugin that is not installed, in JavaScript',
      { 'dock.config.mjs': 'import plugin from "@gone/plugin/sub";\nexport default { plugins: [plugin()] };' },
      'PLUGIN_NOT_FOUND',
      /pnpm add --save-dev @gone\/plugin .npm install/,
    ],
    [
      'with a relative import that does not exist',
      { 'dock.config.ts': 'import "./gone.js";\nexport default {};' },
      'CONFIG_ERROR',
      /dock\.config\.ts:1" imports "\.\/gone\.js"/,
    ],
    [
      'with a plugin option that is wrong',
      {
        'dock.config.ts':
          'import { pullBase } from "@dock/plugin-pull-base";\nexport default { plugins: [pullBase({ polcy: "always" } as never)] };',
      },
      'CONFIG_INVALID',
      /"polcy"[\s\S]*Did you mean "policy"/,
    ],
    [
      'beside another',
      { 'dock.config.ts': 'export default {}', 'dock.config.mjs': 'export default {}' },
      'CONFIG_ERROR',
      /two configs/,
    ],
    [
      'with something that is no plugin',
      { 'dock.config.mjs': 'export default { plugins: [{ nam: "x" }] }' },
      'PLUGIN_INVALID',
      /plugins\[0\]/,
    ],
    [
      'with a name that is none',
      { 'dock.config.mjs': 'export default { image: "Bad Name" }' },
      'INVALID_IMAGE_NAME',
      /Bad Name/,
    ],
    [
      'where package.json steers the loader',
      { 'dock.config.ts': 'export default {}', 'package.json': '{"cosmiconfig":{}}' },
      'CONFIG_ERROR',
      /package\.json/,
    ],
  ];

  test.each(cases)(
    '%s exits with 2, place and first cause, and never uses defaults',
    async (_, files, code, message) => {
      project.write(files);
      const { status, stdout, stderr } = await project.run(['config']);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain(code);
      expect(stderr).toMatch(message);
    },
  );

  test.each(cases)('%s fails a build with the same code and one document', async (_, files, code) => {
    project.write(files);
    const host = `unix://${project.directory}/none.sock`;
    const metadata = join(project.directory, 'metadata.json');
    const { status, stdout } = await project.run(['build', '--json', '-H', host, '--metadata-file', metadata]);
    expect(status).toBe(2);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ v: 1, status: 'failed', publishedState: 'none', error: { code, phase: 'config' } });
    expect(JSON.parse(execFileSync('cat', [metadata], { encoding: 'utf8' }))).toMatchObject({ error: { code } });
    const kept = join(project.home, '.local/state/dock/runs', result.runId, 'result.json');
    expect(JSON.parse(execFileSync('cat', [kept], { encoding: 'utf8' }))).toMatchObject({ error: { code } });
  });

  test('that is a directory or a pipe is refused without waiting', async () => {
    mkdirSync(join(project.directory, 'dock.config.ts'));
    expect(await project.run(['config'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/not a regular file/),
    });
    execFileSync('mkfifo', [join(project.directory, 'pipe.mjs')]);
    const piped = await project.run(['config', '--config', 'pipe.mjs']);
    expect(piped).toMatchObject({ status: 2, stderr: expect.stringMatching(/not a regular file/) });
  });

  test('named by --config that does not exist is an error', async () => {
    const { status, stderr } = await project.run(['config', '--config', 'gone.ts']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/CONFIG_ERROR: .*gone\.ts" cannot be read/);
  });

  test.each(['dock.yaml', 'dock.json', 'dockrc'])(
    'named by --config that is no code, %s, is an error that says so',
    async (name) => {
      project.write({ [name]: '{}' });
      const { status, stderr } = await project.run(['config', '--config', name]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/CONFIG_ERROR: .* is neither TypeScript nor JavaScript\.\n.*\.ts, \.mts, \.js or \.mjs/);
    },
  );

  test('beside .config/config.js does not run that file', async () => {
    project.write({
      'dock.config.ts': 'export default {}',
      '.config/config.js': 'require("node:fs").writeFileSync("marker", "")',
    });
    const refused = await project.run(['config']);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/\.config\/config\.js[\s\S]*--no-config/);
    expect((await project.run(['config', '--no-config'])).status).toBe(0);
    expect(existsSync(join(project.directory, 'marker'))).toBe(false);
  });

  test('that takes the place of a result file away is told of in the document', async () => {
    project.write({
      'dock.config.mjs': "import { rmSync } from 'node:fs'; rmSync('out', { recursive: true }); export default {};",
      'out/file': '',
      Dockerfile: 'FROM scratch',
    });
    const host = `unix://${project.directory}/none.sock`;
    const { status, stdout, stderr } = await project.run([
      'build',
      '--json',
      '-H',
      host,
      '--metadata-file',
      'out/m.json',
    ]);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'DAEMON_UNREACHABLE' },
      warnings: [{ message: expect.stringMatching(/out\/m\.json" was not written/) }],
    });
    expect(stderr).toContain('was not written');
  });

  test('that ends the process is an internal error with a result', async () => {
    project.write({ 'dock.config.mjs': 'process.exit(0);' });
    const { status, stdout, stderr } = await project.run(['build', '--json']);
    expect(status).toBe(70);
    expect(JSON.parse(stdout)).toMatchObject({ exitStatus: 70, error: { code: 'INTERNAL' } });
    expect(stderr).toContain('process.exit');
  });
});

test.each(['mjs', 'ts'])('a rejection that nothing caught is told with its place and stack (%s)', async (extension) => {
  const file = `dock.config.${extension}`;
  project.write({
    [file]: "\nvoid Promise.reject(new Error('floating'));\nexport default new Promise(() => undefined);",
  });
  const { status, stdout } = await project.run(['build', '--json']);
  expect(status).toBe(70);
  const { error } = JSON.parse(stdout) as { readonly error: ErrorDocument };
  expect(error.message).toContain(`Nothing caught this, thrown at "${join(project.directory, file)}:2:`);
  expect(error.message).toMatch(/floating/);
  expect(error.hint).toContain('Catch it there');
  expect(error.details).toMatchObject({ stack: expect.arrayContaining([expect.stringContaining(file)]) });
});
