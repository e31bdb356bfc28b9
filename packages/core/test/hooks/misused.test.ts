import { describe, expect, test } from '@jest/globals';
import { hasCommand } from '../../src/run/has-command.js';
import { plugin, tryRun } from '../run/pipeline-fixture.js';

const idle = plugin('idle', () => undefined);

describe('what is listed as a plugin and is none', () => {
  test.each([
    ['a package’s name', '@dock/plugin-push', "write import { push } from '@dock/plugin-push', and list push()"],
    ['a package’s name of two words', 'dock-plugin-pull-base', "import { pullBase } from 'dock-plugin-pull-base'"],
    ['a module', { default: idle }, 'list its default export'],
    ['an object without apply', { name: 'mine' }, 'It has a name, "mine", and no function apply(dock)'],
    ['an empty object', {}, 'A plugin is { name, apply(dock) }.'],
    ['a factory', Object.assign(() => idle, {}), 'Call the factory'],
  ])('%s: the hint says what was meant', async (_, value, hint) => {
    const { result } = await tryRun([value as never]);
    expect(result.error).toMatchObject({ code: 'PLUGIN_INVALID', hint: expect.stringContaining(hint) });
  });
});

test('keys that are nearly those of a plugin or of a tap are told, a plugin’s own keys are its own', async () => {
  const misspelt = { ...idle, requiers: { dock: '>=99' } };
  expect((await tryRun([misspelt as never])).result.error).toMatchObject({
    code: 'PLUGIN_INVALID',
    message: 'Plugin "idle" has the key "requiers", which dock does not know.',
    hint: 'Did you mean "requires"?',
  });
  const tap = (more: object) => plugin('p', (dock) => dock.hooks.prebuild.tap('p', () => undefined, more));
  expect((await tryRun([tap({ timeout: 5 })])).result.error).toMatchObject({
    code: 'PLUGIN_INVALID',
    message: 'In plugin "p", hook "prebuild": the tap "p" has the unknown option "timeout".',
    hint: expect.stringContaining('A tap takes stage, before, timeoutMs.'),
  });
  const own = { ...tap({ stage: 1 }), version: '1.0.0', settings: {}, options: {}, option: 1 };
  expect((await tryRun([own as never])).result.error).toBeUndefined();
});

test('a range of dock that is none is told as one', async () => {
  const { result } = await tryRun([plugin('p', () => undefined, { requires: { dock: 'latest' } })]);
  expect(result.error?.message).toBe('Plugin "p" needs dock "latest", which is no range of versions.');
});

test('a program may be named by its path', async () => {
  const env = { PATH: '/bin' };
  expect(await hasCommand(process.execPath, env)).toBe(true);
  expect(await hasCommand('/nowhere/at/all', env)).toBe(false);
  expect(await hasCommand('/etc', env)).toBe(false);
  const { result } = await tryRun([plugin('p', () => undefined, { requires: { commands: ['/nowhere/at/all'] } })]);
  expect(result.error?.message).toBe(
    'Plugin "p" needs the program "/nowhere/at/all", which is not there, or cannot be executed.',
  );
});

test('who changes what a tap was given is told to return a new value', async () => {
  const eager = plugin('eager', (dock) =>
    dock.hooks.prebuild.tap('eager', (spec) => {
      (spec.labels as Record<string, string>)['a'] = 'b';
      return spec;
    }),
  );
  const { result } = await tryRun([eager]);
  expect(result.error).toMatchObject({ code: 'PLUGIN_FAILED', hint: expect.stringContaining('Return a new value') });
});

test('a tap that obeys its signal has not failed', async () => {
  const stop = new AbortController();
  const obedient = plugin('obedient', (dock) =>
    dock.hooks.prebuild.tap('obedient', async (_, { signal }) => {
      stop.abort('SIGINT');
      signal.throwIfAborted();
      throw new DOMException('The operation was aborted', 'AbortError');
    }),
  );
  const polite = plugin('polite', (dock) =>
    dock.hooks.prebuild.tap('polite', async () => {
      stop.abort('SIGINT');
      throw new DOMException('The operation was aborted', 'AbortError');
    }),
  );
  for (const tap of [polite, obedient]) {
    const { result } = await tryRun([tap], { context: { signal: stop.signal } });
    expect([result.status, result.exitStatus, result.error?.attached]).toEqual(['cancelled', 130, undefined]);
  }
});

test('a target registry with a tag is refused, with the place that is meant', async () => {
  const { result } = await tryRun([], {
    request: { tags: ['hello:1'], targetRegistries: ['127.0.0.1:5000/team/hello:1'] },
  });
  expect(result.error).toMatchObject({
    code: 'INVALID_IMAGE_NAME',
    message: 'The target registry "127.0.0.1:5000/team/hello:1" has a tag, and is a place for images.',
    hint: expect.stringContaining('"127.0.0.1:5000/team/hello"'),
  });
});
