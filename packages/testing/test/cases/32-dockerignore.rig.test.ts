import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createProject, openRig, outputOf, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(32);

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('32');
});
beforeEach(() => {
  project = createProject({
    'context/Dockerfile': `FROM ${rig.base}\nCOPY . /context/\nRUN cd /context && find . -type f | sort\n`,
    'context/keep.txt': '',
    'context/secret.txt': '',
    'context/logs/a.log': '',
    'context/logs/keep.log': '',
  });
});
afterEach(() => project.remove());

const build = ['build', 'context', '--network', 'host', '--no-cache'];

test.each([
  ['a pattern that is none', 'keep\n\n[a-\n', 3, '"[a-"'],
  ['a lone "!"', 'keep\n!\n', 2, '"!"'],
])('%s is refused with its line', async (_, text, line, words) => {
  project.write({ 'context/.dockerignore': text });
  await runCase(
    project,
    build,
    { status: 2, code: 'DOCKERIGNORE_INVALID', says: [new RegExp(`line ${line}|:${line}\\b`), words] },
    { engine: rig.engine },
  );
});

const names = (count: number) => Array.from({ length: count }, (_, index) => `none-${index}\n`).join('');
const rest = 'secret.txt\nlogs\n!logs/keep.log\n';

test.each([
  ['a BOM, CRLF and an exception', 'buildkit', '\ufeffsecret.txt\r\n# comment\r\nlogs\r\n!logs/keep.log\r\n'],
  ['5,000 patterns', 'buildkit', names(5_000) + rest],
  ['100,000 lines', 'classic', '# nothing\n'.repeat(50_000) + names(49_997) + rest],
])('%s (%s) is read as moby reads it', async (_, builder, text) => {
  project.write({ 'context/.dockerignore': text });
  const { result } = await runCase(project, [...build, '--builder', builder], { status: 0 }, { engine: rig.engine });
  expect(outputOf(result).trim().split('\n')).toEqual([
    './.dockerignore',
    './Dockerfile',
    './keep.txt',
    './logs/keep.log',
  ]);
});

test('more patterns than BuildKit can send back are refused with a way out', async () => {
  project.write({ 'context/.dockerignore': names(50_000) });
  await runCase(
    project,
    [...build, '--builder', 'buildkit'],
    { status: 2, code: 'OPTION_UNSUPPORTED', says: ['50000 patterns', '--builder classic'] },
    { engine: rig.engine },
  );
});
