import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { baseImage, buildImage, listLeftovers, sharedEngine, sharedRegistry } from '@dock/testing';
import { createProject, type Project } from '../run-dock.js';
import { withoutBridge } from './container-runners.js';

const unique = `lost-containerd-${process.pid}-${Date.now().toString(36)}`;

let project: Project;
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

/** A plugin that ends containerd with SIGKILL before anything is built, and waits until dockerd is gone too. */
const killer = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { connect } from 'node:net';
  const nameOf = (pid) => { try { return readFileSync('/proc/' + pid + '/comm', 'utf8').trim(); } catch { return ''; } };
  const answers = () => new Promise((done) => {
    const socket = connect('/run/dock/engine/docker.sock');
    socket.once('connect', () => { socket.destroy(); done(true); }).once('error', () => done(false));
  });
  export const killer = {
    name: 'killer',
    apply(dock) {
      dock.hooks.prebuild.tapPromise('killer', async (spec) => {
        const pids = readdirSync('/proc').filter((name) => nameOf(name) === 'containerd');
        if (pids.length !== 1) throw new Error('there are ' + pids.length + ' containerd');
        process.kill(Number(pids[0]), 'SIGKILL');
        while (await answers()) await new Promise((done) => setTimeout(done, 20));
        return spec;
      });
    },
  };
`;

test('an engine inside whose containerd is killed ends with it: the run says so, and nothing waits', async () => {
  const engine = await sharedEngine();
  const base = (await baseImage(await sharedRegistry(), { name: `${unique}/base:1` })).reference;
  const { reference } = await buildImage(engine, { engine: true });
  project.write({
    'context/Dockerfile': `FROM ${base}\nRUN echo hello > /hello\n`,
    'killer.mjs': killer,
    'dock.config.mjs': `
      import { privileged } from '@dock/runner-privileged';
      import { killer } from './killer.mjs';
      export default {
        source: 'context', image: '${unique}:1', network: 'host', plugins: [killer],
        runner: privileged({ buildImage: '${reference}', network: 'host', engineArgs: ${JSON.stringify(withoutBridge)} }),
      };`,
  });
  const { status, stdout } = await project.run(['build', '--json', '--progress', 'none'], {
    env: { DOCKER_HOST: engine.host },
  });
  const result = JSON.parse(stdout) as BuildResult;
  expect([status, result.exitStatus, result.error?.phase]).toEqual([3, 3, 'build']);
  expect(result.warnings).toContainEqual(
    expect.objectContaining({
      code: 'INNER_DAEMON_FAILED',
      message: expect.stringMatching(/because its containerd ended with SIGKILL/),
    }),
  );
  expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
});
