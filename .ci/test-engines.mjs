// Everything that is tried on engines: `npm run test:engines [-- PART ... ENGINE ...]`. Nothing of this is needed by `npm test`.
//   suites     the rig suites of engine, plugins and runners, on engines that Debian's stable suites do not have
//   upstream   the cases of ../shared/upstream, where they are
//   probes     the scripts of ../shared/probes, where they are
// Engine 28 and podman come from Debian's testing suite, which moves: the versions are printed first.
import { join } from 'node:path';
import { runTests } from './run-tests.mjs';
import { setup } from './setup.mjs';
import { root, step } from './steps.mjs';

/** The suites: where an engine is asked for, it is the one of the run. */
const suites = 'packages/(engine|buildkit|registry|plugin-[a-z-]+|runner-[a-z-]+|cli/test/(build|publish|runners/))';

/** Runs the suites on one engine; what podman can and cannot do is a project of its own. */
function runSuites(name) {
  const words =
    name === 'podman' ? ['--selectProjects=podman'] : ['--selectProjects=rig', '--testPathPatterns', suites];
  const { lines, status } = runTests(words, { env: { DOCK_TESTING_ENGINES: name } });
  return { lines, isGood: status === 0 };
}

/** The counts of a part in words; it is good when nothing is in the list of faults. */
function counted(results, faults) {
  if (results === undefined) return undefined;
  const counts = Object.entries(results).map(([what, { length }]) => `${length} ${what}`);
  return { lines: [counts.join(', ')], isGood: results[faults].length === 0 };
}

/** Each part, with the engines that it runs on. What needs the built packages is loaded when they are. */
const parts = {
  suites: { engines: ['28-classic', '28-containerd', 'podman'], run: runSuites },
  upstream: {
    engines: ['20.10-classic', '26-classic', '28-classic', '28-containerd'],
    run: async (name) => counted(await (await import('./upstream.mjs')).runUpstream(name), 'disagreed'),
  },
  probes: {
    engines: ['20.10-classic', '26-classic', '26-containerd', '28-classic', '28-containerd', 'podman'],
    run: async (name) => counted(await (await import('./probes.mjs')).runProbes(name), 'failed'),
  },
};

const allEngines = [...new Set(Object.values(parts).flatMap(({ engines }) => engines))].sort();
const words = process.argv.slice(2);
const unknown = words.filter((word) => parts[word] === undefined && !allEngines.includes(word));
if (unknown.length > 0)
  throw new Error(
    `no such part or engine: ${unknown.join(', ')}; there are ${[...Object.keys(parts), ...allEngines].join(', ')}`,
  );
const isAsked = (all, word) => !words.some((each) => all.includes(each)) || words.includes(word);
const work = Object.entries(parts)
  .filter(([part]) => isAsked(Object.keys(parts), part))
  .map(([part, { engines, run }]) => ({ part, run, names: engines.filter((name) => isAsked(allEngines, name)) }));

setup();
step('Engine 28 and podman', process.execPath, ['packages/testing/bin/dock-testing.js', 'install', '--engine', '28']);
const { engineKinds, engineRequest, startEngine } = await import(join(root, 'packages/testing/dist/index.js'));
const names = allEngines.filter((name) => work.some((each) => each.names.includes(name)));
for (const { version, store } of engineKinds({ DOCK_TESTING_ENGINES: names.join(',') })) {
  const engine = await startEngine({ version, store });
  const { Version: found } = (await engineRequest(engine.socketPath, 'GET', '/version')).json();
  console.log(`${version === 'podman' ? 'podman' : `Engine ${version}, ${store} store`}: ${found}`);
  await engine.stop();
}

const outcomes = [];
for (const { part, run, names: own } of work)
  for (const name of own) {
    console.log(`\n== ${part} on ${name}`);
    outcomes.push({ part, name, ...((await run(name)) ?? { lines: [`there is no ../shared/${part}`], isGood: true }) });
  }
console.log('\n== summary');
for (const { part, name, lines, isGood } of outcomes)
  for (const line of lines) console.log(`${isGood ? 'good' : 'BAD '} ${part} ${name}: ${line}`);
process.exitCode = outcomes.every(({ isGood }) => isGood) ? 0 : 1;
