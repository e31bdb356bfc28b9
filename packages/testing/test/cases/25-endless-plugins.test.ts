import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { jsonLines } from '@dock/testing';
import { runCase } from './dock-case.js';
import { after, before, withFakeBuild } from './fake-build.js';
import { holdToPage } from './held-to-page.js';

holdToPage(25);

const given = withFakeBuild();

const config = (body: string) => `
import { writeFileSync } from 'node:fs';
const plugin = { name: 'odd', apply(dock) {
  dock.hooks.prebuild.tap('odd', async (spec, context) => { ${body} }, { timeoutMs: 500 });
  dock.hooks.cleanup.tap('odd', () => writeFileSync(new URL('cleaned', import.meta.url), 'yes'));
} };
export default { source: 'context', plugins: [plugin] };`;

test('a plugin that never resolves', async () => {
  const { project, env } = given();
  project.write({ 'dock.config.mjs': config('await new Promise(() => undefined)') });
  const { result } = await runCase(
    project,
    ['build'],
    { status: 124, code: 'PLUGIN_TIMEOUT', says: ['"odd"', '"prebuild"', '500 ms', 'still running'] },
    { env },
  );
  expect(result.error?.retryable).toBe(true);
  expect(readFileSync(`${project.directory}/cleaned`, 'utf8')).toBe('yes');
});

test('a timer and a socket that a plugin leaves behind do not keep a finished run from ending', async () => {
  const { project, env, answer } = given();
  answer(jsonLines([...before, ...after]));
  project.write({
    'dock.config.mjs': `import { createServer } from 'node:net';\n${config('setInterval(() => undefined, 1000); createServer().listen(0);')}`,
  });
  await runCase(project, ['build', '--builder', 'classic'], { status: 0 }, { env });
});
