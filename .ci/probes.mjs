// Runs the scripts of ../shared/probes on one engine after another: small inputs from public reports, each with what is right.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { rigTool } from '../packages/testing/dist/index.js';
import { beside, dockEntry, olderBuildImage, withField } from './beside.mjs';
import { root } from './steps.mjs';

/** How many scripts run side by side: they wait more than they work. */
const lanes = 2;
const timeoutMs = 400_000;
/** What a script ends with when the machine lacks what it needs. */
const lacking = new Set([2, 77]);

const onPodman = (name) => name === 'podman';
const onClassicStore = (name) => !name.endsWith('containerd');

/** What an engine cannot do: such a script says so, and that is no fault of dock (docs/reference/engines.md, docs/reference/build-options.md). */
const beyond = {
  'build/01-dockerignore-non-ascii': { on: onPodman, why: 'it asks for BuildKit' },
  'build/12-source-date-epoch': {
    on: (name) => name.startsWith('20.10'),
    why: 'its BuildKit knows no SOURCE_DATE_EPOCH',
  },
  'build/16-result-masked': { on: onPodman, why: 'it needs a secret' },
  'build/24-ssh-key-file': { on: onPodman, why: 'it needs an ssh agent' },
  'publish/25-two-platforms': { on: onClassicStore, why: 'its store holds one platform of an image' },
};

const scriptsOf = (directory) =>
  ['build', 'publish', 'attack'].flatMap((group) =>
    readdirSync(join(directory, group))
      .filter((name) => /^(?:\d\d-|[a-z]+-).*\.sh$/.test(name))
      .map((name) => `${group}/${name.slice(0, -'.sh'.length)}`),
  );

/**
 * Run the probes on one kind of engine, which stands for every engine that a script asks for.
 *
 * @param name of the kind
 * @param isAsked whether a script, `build/01-…`, is to run
 * @returns `undefined` where there are none, else `{ passed, failed, lacking, beyond }`, each a list of `{ probe, said }`
 */
export async function runProbes(name, isAsked = () => true) {
  const directory = beside('probes');
  if (directory === undefined) return undefined;
  return withField(name, async ({ engine, registry, directory: own, docker, env }) => {
    const bin = join(own, 'bin');
    mkdirSync(bin);
    symlinkSync(docker, join(bin, 'docker'));
    for (const tool of ['docker-registry', 'openssl']) symlinkSync(rigTool(tool), join(bin, tool));
    const engines = Object.fromEntries(
      ['E20', 'E26', 'E28', 'E28C', 'PODMAN'].map((variable) => [variable, engine.host]),
    );
    const all = {
      ...env,
      ...engines,
      PATH: `${bin}:${env.PATH}`,
      TMPDIR: own,
      BBTMP: own,
      ADV: own,
      REG: registry.host,
      DOCK: `${process.execPath} ${dockEntry}`,
      DOCKJS: dockEntry,
      // podman's service has no BuildKit for docker's client either.
      ...(engine.version === 'podman' ? { DOCKER_BUILDKIT: '0' } : { BI: await olderBuildImage(engine) }),
    };
    const waiting = scriptsOf(directory).filter(isAsked);
    const results = { passed: [], failed: [], lacking: [], beyond: [] };
    const work = async () => {
      for (let probe = waiting.shift(); probe !== undefined; probe = waiting.shift()) {
        const { status, said } = await runScript(join(directory, `${probe}.sh`), all);
        const why = beyond[probe]?.on(name) === true ? beyond[probe].why : undefined;
        const fault = why === undefined ? 'failed' : 'beyond';
        const verdict = status === 0 ? 'passed' : lacking.has(status) ? 'lacking' : fault;
        results[verdict].push({ probe, said });
        console.log(`${name} ${verdict}: ${probe}${verdict === 'passed' ? '' : `: ${why ?? said}`}`);
      }
    };
    await Promise.all(Array.from({ length: lanes }, work));
    return results;
  });
}

/** Run one script; one that does not end is killed with its children. */
function runScript(file, env) {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', [file], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const { pid } = child;
    const timer = setTimeout(() => pid !== undefined && process.kill(-pid, 'SIGKILL'), timeoutMs);
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      const said = signal === null ? (output.trim().split('\n').at(-1) ?? '') : `ended by ${signal}`;
      resolve({ status: code ?? 1, said: said.slice(0, 300) });
    });
  });
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [name = '20.10-classic', pattern = '.'] = process.argv.slice(2);
  const results = await runProbes(name, (probe) => new RegExp(pattern).test(probe));
  if (results === undefined) console.log('there is no ../shared/probes');
  else
    console.log(
      `${name}: ${results.passed.length} passed, ${results.failed.length} failed, ${results.lacking.length} lacking`,
    );
}
