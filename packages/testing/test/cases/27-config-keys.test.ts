import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createProject, type Project, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(27);

let project: Project;
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

test.each([
  [
    'an unknown key',
    'export default { targetRegistry: [] };',
    ['"targetRegistry"', 'Did you mean "targetRegistries"?'],
  ],
  ['a wrong type', 'export default { targetRegistries: ["a", 1] };', ['"targetRegistries[1]"', /must be a string/]],
  [
    'a wrong value deep inside',
    'export default { timeouts: { runMs: "1h" } };',
    ['"timeouts.runMs"', /must be a number/],
  ],
  ['a key that pollutes', 'export default JSON.parse(\'{"__proto__":{"polluted":1}}\');', ['__proto__']],
  [
    'a key that pollutes, deep inside',
    'export default { labels: JSON.parse(\'{"__proto__":{"polluted":1}}\') };',
    ['__proto__'],
  ],
])('a config with %s is refused', async (_, text, says) => {
  const probe = 'process.on("exit", () => console.error(`polluted: ${({}).polluted}`));\n';
  project.write({ 'dock.config.mjs': `${probe}${text}` });
  const { stderr } = await runCase(
    project,
    ['build'],
    { status: 2, code: 'CONFIG_INVALID', says },
    { env: { DOCKER_HOST: 'unix:///nobody/listens.sock' } },
  );
  expect(stderr).toContain('polluted: undefined');
});
