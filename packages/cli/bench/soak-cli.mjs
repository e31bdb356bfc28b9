// Many builds by the command line, each a process: what is left in the engine, in the temporary directory and among the processes.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { engineRequest } from '@dock/testing';
import { dockerfileOf, isExpected, soakPlan } from './soak-plan.mjs';
import { leftBehind, peakMemory } from './soak-usage.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const config = fileURLToPath(new URL('./soak.config.mjs', import.meta.url));

/** Run one build; gives the result document, the exit status, and the most memory it had, MiB. */
function runStep(rig, step, seed) {
  const registry = step.kind === 'push' ? rig.refusing : rig.registry;
  const args = [
    bin,
    'build',
    step.source === 'git' ? rig.gitUrl : rig.directory,
    ...[
      '--config',
      config,
      '--json',
      '--progress',
      'rawjson',
      '--push',
      '--network',
      'host',
      '--builder',
      step.builder,
    ],
    ...['--tag', `${registry}/soak:cli`, '--build-arg', `RUN_ID=cli-${seed}-${step.index}`],
    ...['--file', step.source === 'git' ? dockerfileOf(step) : `${rig.directory}/${dockerfileOf(step)}`],
  ];
  const child = spawn(process.execPath, args, {
    cwd: rig.home,
    env: {
      PATH: process.env.PATH,
      HOME: rig.home,
      DOCKER_HOST: rig.host,
      TMPDIR: rig.tempDir,
      DOCK_SOAK_STEP: JSON.stringify(step),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let peak = 0;
  let timer;
  child.stdout.on('data', (chunk) => (out += chunk));
  createInterface({ input: child.stderr }).on('line', (line) => {
    peak = Math.max(peak, peakMemory(child.pid));
    if (step.kind !== 'abort' || !line.includes('"type":"phase.start"')) return;
    if (JSON.parse(line).phase === step.phase) timer ??= setTimeout(() => child.kill('SIGINT'), step.delayMs);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      try {
        resolve({ status, peak, result: JSON.parse(out) });
      } catch (error) {
        reject(
          new Error(`no result document from step ${JSON.stringify(step)}: ${out.slice(0, 500)}`, { cause: error }),
        );
      }
    });
  });
}

/** @returns samples, one after every so many builds, the codes that the builds came to, and what was not as it should be */
export async function soakCli(rig, { builds, seed, every }) {
  const [samples, unexpected, tally] = [[], [], {}];
  let told = 0;
  let span = [];
  for (const step of soakPlan(builds, seed)) {
    const began = performance.now();
    const { status, peak, result } = await runStep(rig, step, seed);
    span.push({ ms: performance.now() - began, peak });
    const name = result.error?.code ?? 'ok';
    tally[name] = (tally[name] ?? 0) + 1;
    if (!isExpected(step, result) || status !== result.exitStatus)
      unexpected.push({ step, status, exitStatus: result.exitStatus, error: result.error });
    if (result.image !== undefined) await engineRequest(rig.socketPath, 'DELETE', `/images/${result.image.id}?force=1`);
    if ((step.index + 1) % every !== 0) continue;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    for (const each of unexpected.slice(told)) console.error(JSON.stringify(each));
    told = unexpected.length;
    const sample = {
      builds: step.index + 1,
      ms: Math.round(span.reduce((sum, each) => sum + each.ms, 0) / span.length),
      rss: Math.max(...span.map((each) => each.peak)),
      ...(await leftBehind(rig)),
    };
    console.error(JSON.stringify(sample));
    samples.push(sample);
    span = [];
  }
  return { samples, unexpected, tally };
}
