import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { buildImage, rigTool, startEngine } from '@dock/testing';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(38);

/** The rig's containers have the network of the machine, so there is no bridge to make. */
const engineArgs = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'];

// An image with an engine is loaded, and an engine started inside a container: on a busy machine that takes its time.
jest.setTimeout(300_000);

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('38');
});
beforeEach(() => {
  project = createProject({ 'context/Dockerfile': `FROM ${rig.base}\nRUN echo ${rig.unique}; exit 3\n` });
});
afterEach(() => project.remove());

/** A build of the context by a runner. */
function configure(packageName: string, factory: string, options: object): void {
  project.write({
    'dock.config.mjs': `import { ${factory} } from '${packageName}';
      export default { source: 'context', network: 'host', runner: ${factory}(${JSON.stringify({ network: 'host', ...options })}) };`,
  });
}
const privileged = (options: object) => configure('@dock/runner-privileged', 'privileged', options);
const hostDocker = (options: object) => configure('@dock/runner-host-docker', 'hostDocker', options);

test('an engine that refuses privileged containers', async () => {
  // What a runtime does not have it cannot give away, and a privileged container is to have every capability.
  const runtime = join(project.home, 'runc-without-audit');
  const run = `exec setpriv --bounding-set=-audit_read -- ${rigTool('runc')} "$@"`;
  writeFileSync(runtime, `#!/bin/sh\n${run}\n`, { mode: 0o755 });
  const engine = await startEngine({
    extraArgs: ['--add-runtime', `strict=${runtime}`, '--default-runtime', 'strict'],
  });
  try {
    privileged({ buildImage: (await buildImage(engine, { node: false, git: false })).reference });
    const expected = { status: 3, code: 'PRIVILEGED_REFUSED', says: [/apply caps/, "mode: 'capabilities'"] };
    await runCase(project, ['build'], expected, { engine });
  } finally {
    await engine.stop();
  }
});

test('no engine to give the build container', async () => {
  hostDocker({ buildImage: 'is-not-asked-for:1' });
  const host = `unix://${project.home}/docker.sock`;
  const expected = { status: 3, code: 'DAEMON_UNREACHABLE', says: [host, 'DOCKER_HOST'] };
  await runCase(project, ['build'], expected, { env: { DOCKER_HOST: host } });
});

test('an engine without the socket that the build container is to have', async () => {
  const { reference } = await buildImage(rig.engine);
  hostDocker({ buildImage: reference, socketPath: '/nonexistent/docker.sock' });
  const expected = { status: 2, code: 'SOCKET_NOT_FOUND', says: ['/nonexistent/docker.sock'] };
  await runCase(project, ['build'], expected, { engine: rig.engine });
});

test('an inner engine that does not start has its last 20 lines in the error', async () => {
  const { reference } = await buildImage(rig.engine, { engine: true });
  privileged({ buildImage: reference, engineArgs: [...engineArgs, '--debug', '--storage-driver=none-such'] });
  const { result } = await runCase(
    project,
    ['build'],
    { status: 3, code: 'INNER_DAEMON_FAILED', says: [/ended with status 1 before it answered/, 'none-such'] },
    { engine: rig.engine },
  );
  const { lastLines: lines = [] } = (result.error?.details ?? {}) as { readonly lastLines?: readonly string[] };
  expect(lines).toHaveLength(20);
  expect(lines.at(-1)).toMatch(/failed to start daemon/);
});

test("the exit status is the build's, though the inner engine ends after it", async () => {
  const { reference } = await buildImage(rig.engine, { engine: true });
  privileged({ buildImage: reference, engineArgs });
  const { result } = await runCase(
    project,
    ['build'],
    { status: 1, code: 'BUILD_STEP_FAILED', says: [/exit code 3|code 3/, rig.unique] },
    { engine: rig.engine },
  );
  expect(result).toMatchObject({ runner: 'privileged', error: { phase: 'build', details: { exitCode: 3 } } });
});
