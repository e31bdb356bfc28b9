import { expect, test } from '@jest/globals';
import { everyByte, frames, jsonLines, startFakeEngine } from '@dock/testing';
import { eventsOf, outputOf, runCase } from './dock-case.js';
import { after, before, builtId, withFakeBuild } from './fake-build.js';
import { holdToPage } from './held-to-page.js';

holdToPage(21);

const given = withFakeBuild();

test('a line that is no JSON is kept as it came', async () => {
  const { project, args, env, answer } = given();
  answer([
    ...jsonLines([...before, { stream: 'one\n' }]),
    'proxy error: <html>\n',
    ...jsonLines([{ stream: 'two\n' }, ...after]),
  ]);
  const { result } = await runCase(project, args, { status: 0 }, { env });
  expect(outputOf(result)).toBe('one\nproxy error: <html>\ntwo\n');
});

test('every byte in a chunk of its own, characters of four bytes among them', async () => {
  const { project, args, env, answer } = given();
  const text = 'é€😀\u{1F469}\u200d\u{1F4BB} \u0000 \\ " \t end\n';
  answer(everyByte(jsonLines([...before, { stream: text }, ...after]).join('')));
  const { result } = await runCase(project, args, { status: 0 }, { env });
  expect(outputOf(result)).toBe(text);
});

test('a container that prints 100,000 frames of one byte', async () => {
  const { project } = given();
  const bytes = Buffer.from(
    Array.from({ length: 100_000 }, (_, index) => (index % 50 === 49 ? 10 : 97 + (index % 26))),
  );
  const fake = await startFakeEngine({
    container: { output: [Buffer.concat(Array.from(bytes, (byte) => frames.stdout(Buffer.of(byte))))], exitCode: 0 },
  });
  fake.on('GET', `/images/${builtId}/json`, {
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ Id: builtId, Os: 'linux', Architecture: 'amd64', Config: {} }),
  });
  fake.on('POST', '/build', {
    headers: { 'Content-Type': 'application/json' },
    body: jsonLines([...before, ...after]),
  });
  project.write({
    'dock.config.mjs': `import { test } from '@dock/plugin-test';
      export default { source: 'context', plugins: [test({ command: ['print'], network: 'none' })] };`,
  });
  const { result } = await runCase(
    project,
    ['build', '--builder', 'classic'],
    { status: 0 },
    { env: { DOCKER_HOST: fake.host } },
  );
  await fake.stop();
  const printed = eventsOf(result).flatMap((event) =>
    event.type === 'log' && event.source === 'test' ? [event.message] : [],
  );
  expect(printed.slice(0, -1).join('')).toBe(bytes.toString());
  expect(printed.at(-1)).toMatch(/^Gate "test" passed/);
});
