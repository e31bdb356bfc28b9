import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createProject, type Project, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(28);

let project: Project;
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

const packageOf = (text: string) => ({
  'node_modules/dock-plugin-odd/package.json': '{"name":"dock-plugin-odd","type":"module","exports":"./index.js"}',
  'node_modules/dock-plugin-odd/index.js': text,
});

test.each([
  [
    'is not installed',
    {},
    'import odd from "dock-plugin-odd"; export default { plugins: [odd()] };',
    'PLUGIN_NOT_FOUND',
    ['"dock-plugin-odd"', 'dock.config.mjs', 'pnpm add --save-dev dock-plugin-odd'],
  ],
  [
    'needs another version of dock',
    packageOf('export const odd = () => ({ name: "odd", requires: { dock: ">=999" }, apply() {} });'),
    'import { odd } from "dock-plugin-odd"; export default { plugins: [odd()] };',
    'PLUGIN_INVALID',
    ['"odd"', '">=999"'],
  ],
  [
    'exports nothing',
    packageOf(''),
    'import * as odd from "dock-plugin-odd"; export default { plugins: [odd] };',
    'PLUGIN_INVALID',
    ['plugins[0]'],
  ],
  [
    'is listed without being called',
    packageOf('export const odd = () => ({ name: "odd", apply() {} });'),
    'import { odd } from "dock-plugin-odd"; export default { plugins: [odd] };',
    'PLUGIN_INVALID',
    ['plugins[0]', /call the factory/i],
  ],
] as const)('a plugin package that %s starts no build', async (_, files, config, code, says) => {
  project.write({ ...files, 'dock.config.mjs': config, Dockerfile: 'FROM busybox:1\n' });
  const { result } = await runCase(
    project,
    ['build'],
    { status: 2, code, says },
    { env: { DOCKER_HOST: 'unix:///nobody/listens.sock' } },
  );
  expect(result.phases.map(({ phase }) => phase).filter((phase) => phase !== 'cleanup')).toEqual(['config']);
});
