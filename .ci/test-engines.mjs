// The rig suites of engine, plugins and runners on engines that Debian's stable suites do not have: `npm run test:engines [-- ENGINE ...]`.
// They come from Debian's testing suite, which moves: the versions are printed first, and nothing of this is needed by `npm test`.
import { join } from 'node:path';
import { runTests } from './run-tests.mjs';
import { setup } from './setup.mjs';
import { root, step } from './steps.mjs';

/** The suites: where an engine is asked for, it is the one of the run. */
const suites = 'packages/(engine|buildkit|registry|plugin-[a-z-]+|runner-[a-z-]+|cli/test/(build|publish|runners/))';
const engineSuites = ['--selectProjects=rig', '--testPathPatterns', suites];
/** Each kind with what its suites are: what podman can and cannot do is a project of its own. */
const kinds = {
  '28-classic': engineSuites,
  '28-containerd': engineSuites,
  podman: ['--selectProjects=podman'],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => kinds[name] === undefined);
if (unknown.length > 0)
  throw new Error(`no such engine: ${unknown.join(', ')}; there are ${Object.keys(kinds).join(', ')}`);
const names = asked.length > 0 ? asked : Object.keys(kinds);

setup();
step('Engine 28 and podman', process.execPath, ['packages/testing/bin/dock-testing.js', 'install', '--engine', '28']);
const { engineKinds, engineRequest, startEngine } = await import(join(root, 'packages/testing/dist/index.js'));
for (const { version, store } of engineKinds({ DOCK_TESTING_ENGINES: names.join(',') })) {
  const engine = await startEngine({ version, store });
  const { Version: found } = (await engineRequest(engine.socketPath, 'GET', '/version')).json();
  console.log(`${version === 'podman' ? 'podman' : `Engine ${version}, ${store} store`}: ${found}`);
  await engine.stop();
}

const outcomes = names.map((name) => {
  return { name, ...runTests(kinds[name], { env: { DOCK_TESTING_ENGINES: name } }) };
});
for (const { name, lines } of outcomes) for (const line of lines) console.log(`${name}: ${line}`);
process.exitCode = outcomes.some(({ status }) => status !== 0) ? 1 : 0;
