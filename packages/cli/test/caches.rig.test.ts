import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { baseImage, engineKinds, sharedEngine, sharedRegistry } from '@dock/testing';
import { createProject, type Project } from './run-dock.js';

const unique = `caches-${process.pid}-${Date.now().toString(36)}`;
const kinds = engineKinds().filter(({ builders }) => builders.includes('buildkit'));
let project: Project;
beforeEach(() => {
  project = createProject({
    'context/Dockerfile': `FROM base\nCOPY --from=shared file /\nRUN cat /file && echo ${unique}\n`,
    'shared/file': 'of the other context\n',
  });
});
afterEach(() => project.remove());

describe.each(kinds)('Engine $version with the $store store', ({ version, store }) => {
  test('contexts and caches of flags and of a config do what they say, or are refused with the ways that can', async () => {
    const engine = await sharedEngine({ version, store });
    const { reference } = await baseImage(await sharedRegistry(), { name: `${unique}/base:1` });
    project.write({
      'dock.config.mjs': `export default { contexts: { shared: './shared' }, network: 'host' };`,
    });
    const build = async (...args: readonly string[]) => {
      const more = { DOCKER_HOST: engine.host, ACTIONS_RUNTIME_TOKEN: 'a-token-that-nobody-sees' };
      const { status, stdout, stderr } = await project.run(
        ['build', 'context', '--json', '--build-context', `base=docker-image://${reference}`, ...args],
        { env: more },
      );
      expect(stdout + stderr).not.toContain('a-token-that-nobody-sees');
      return { ...(JSON.parse(stdout) as BuildResult), exit: status };
    };
    const isOld = version === '20.10';
    const plain = await build();
    expect(plain.exit).toBe(isOld ? 2 : 0);
    expect(JSON.stringify(plain.error?.details ?? {})).toContain(isOld ? '"option":"contexts"' : '{}');
    // A directory named from where the user stands.
    const cached = await build('--cache-to', 'type=local,dest=cache,mode=max', '--cache-to', 'type=gha');
    const isAble = store === 'containerd';
    expect(cached.exit).toBe(isAble ? 0 : 2);
    expect(existsSync(join(project.directory, 'cache/index.json'))).toBe(isAble);
    expect(cached.error?.hint ?? 'none').toMatch(
      isAble ? /^none$/ : isOld ? /./ : /containerd store, another builder \(--builder\) or --method privileged/,
    );
    const told = cached.warnings.map(({ message }) => message).join('\n');
    expect(told.includes('neither ACTIONS_CACHE_URL nor ACTIONS_RESULTS_URL is set')).toBe(isAble);
  }, 60_000);
});

test('a cache with a slip in it is refused before anything starts', async () => {
  const { status, stderr } = await project.run(['build', 'context', '--cache-to', 'type=local,dest=x,mod=max']);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('did you mean "mode"') });
  expect(existsSync(join(project.directory, 'x'))).toBe(false);
  expect(readFileSync(join(project.directory, 'shared/file'), 'utf8')).toBe('of the other context\n');
});
