import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  engineRequest,
  listLeftovers,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  startRegistryProxy,
} from '@dock/testing';
import { createProject, type Project } from '../../cli/test/run-dock.js';

const unique = `podman-${process.pid}-${Date.now().toString(36)}`;
let engine: SharedRigEngine;
let registry: string;
let base: string;
let project: Project;
beforeAll(async () => {
  engine = await sharedEngine({ version: 'podman' });
  const { host } = await sharedRegistry();
  registry = host;
  base = (await baseImage(await sharedRegistry(), { name: `${unique}/base:1` })).reference;
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

async function build(dockerfile: string, ...args: string[]) {
  project.write({ 'context/Dockerfile': `FROM ${base}\n${dockerfile}\n`, 'context/file': 'text\n', secret: 'x' });
  const env = { DOCKER_HOST: engine.host, SSH_AUTH_SOCK: engine.socketPath };
  const { status, stdout, stderr } = await project.run(['build', 'context', ...args, '--json', '--no-cache'], { env });
  const result = JSON.parse(stdout) as BuildResult;
  return { status, code: result.error?.code, result, stderr };
}

const printed = ({ logFile = '' }: BuildResult) => readFileSync(logFile, 'utf8');

describe('what podman can do', () => {
  test('a build that pulls its base, publishes and confirms, and leaves nothing', async () => {
    const name = `${registry}/${unique}/app:1`;
    const { status, result, stderr } = await build('COPY file /file\nRUN cat /file', '--tag', name, '--push');
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    expect(result.published).toMatchObject([{ name, isVerified: true }]);
    const { Id: id } = (await engineRequest(engine.socketPath, 'GET', `/images/${name}/json`)).json() as { Id: string };
    expect(result.image?.id).toBe(id);
    expect(printed(result)).toContain('text');
    expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
  });

  test.each([
    ['a here-document', 'RUN <<EOF\necho one\necho two\nEOF', [], 'two'],
    ['a mount', 'RUN --mount=type=bind,target=/here cat /here/file', [], 'text'],
    ['a mode', 'COPY --chmod=751 file /file\nRUN stat -c %a /file', [], '751'],
    ['a host', 'RUN cat /etc/hosts', ['--add-host', 'db.test:10.0.0.2'], '10.0.0.2'],
    ['a limit', 'RUN ulimit -n', ['--ulimit', 'nofile=512:512'], '512'],
  ])('%s', async (_, dockerfile, args, says) => {
    const { status, result, stderr } = await build(dockerfile, ...args);
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    expect(printed(result)).toContain(says);
  });

  test('a push whose answer is lost, and one of the same image to a tag that cannot move, is published', async () => {
    const front = await startRegistryProxy({ target: registry });
    try {
      const manifest = { method: 'PUT', path: /\/manifests\// };
      front.addRule({ ...manifest, times: 1, loseAnswer: 504 });
      const name = `${front.host}/${unique}/lost:1`;
      const lost = await build('COPY file /file', '--tag', name, '--push');
      expect([lost.status, lost.status === 0 ? '' : lost.stderr]).toEqual([0, '']);
      expect(lost.result.published).toMatchObject([{ name, isVerified: true }]);
      const message = "The image tag '1' already exists and cannot be overwritten because the repository is immutable.";
      const body = JSON.stringify({ errors: [{ code: 'TAG_INVALID', message }] });
      front.addRule({ ...manifest, status: 400, headers: { 'Content-Type': 'application/json' }, body });
      const args = ['push', lost.result.image?.id ?? '', '--tag', name, '--json'];
      const { status, stdout } = await project.run(args, { env: { DOCKER_HOST: engine.host } });
      expect(status).toBe(0);
      expect((JSON.parse(stdout) as BuildResult).published).toMatchObject([{ name, isVerified: true }]);
    } finally {
      await front.stop();
    }
  });

  test('a file that is ignored is named with the pattern', async () => {
    project.write({ 'context/.dockerignore': '*.json\n', 'context/settings.json': '{}' });
    const { status, result } = await build('COPY settings.json /');
    expect([status, result.error?.code]).toEqual([1, 'BUILD_STEP_FAILED']);
    expect(result.error?.message).toContain('line 1 of ".dockerignore" ("*.json") leaves "settings.json" out');
  });

  test('a step that fails is named with its exit code', async () => {
    const { status, result } = await build('RUN exit 3');
    expect([status, result.error?.code]).toEqual([1, 'BUILD_STEP_FAILED']);
    expect(result.error?.message).toMatch(/RUN exit 3.*exit code 3/s);
  });
});

describe('what podman cannot do has a row in docs/reference/engines.md', () => {
  const page = readFileSync(new URL('../../../docs/reference/engines.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(--[^`]+)` \| (\d+), `([A-Z_]+)` \|/gm)].map(
    ([, option = '', status, code = '']) => [option, Number(status), code] as const,
  );
  const asked: Readonly<Record<string, readonly string[]>> = {
    '--builder buildkit': ['--builder', 'buildkit'],
    '--secret': ['--secret', 'id=a,src=secret'],
    '--ssh': ['--ssh', 'default'],
    '--cache-from IMAGE': ['--cache-from', `${unique}/cache:1`],
  };

  test('with no row but those that are tested', () => {
    expect(rows.map(([option]) => option)).toEqual(Object.keys(asked));
  });

  test.each(rows)('%s: %i, %s', async (option, status, code) => {
    const outcome = await build('RUN true', ...(asked[option] ?? []));
    expect([outcome.status, outcome.code]).toEqual([status, code]);
  });
});
