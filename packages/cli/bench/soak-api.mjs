// Many builds in one process through the API, as a child of soak.mjs: a sample of what is held after every so many, one JSON line each.
import { buildImage } from '@dock/api';
import { engineRequest } from '@dock/testing';
import { dockerfileOf, isExpected, soakPlan } from './soak-plan.mjs';
import { soakPlugins } from './soak-plugins.mjs';
import { leftBehind, processUsage } from './soak-usage.mjs';

const rig = JSON.parse(process.argv[2]);
const { builds, seed, every } = rig;

async function runStep(step) {
  const abort = new AbortController();
  let timer;
  const registry = step.kind === 'push' ? rig.refusing : rig.registry;
  const result = await buildImage(
    {
      source: step.source === 'git' ? { kind: 'git', url: rig.gitUrl } : { kind: 'path', path: rig.directory },
      dockerfile: dockerfileOf(step),
      tags: [`${registry}/soak:api`],
      buildArgs: { RUN_ID: `api-${seed}-${step.index}` },
      network: 'host',
      builder: step.builder,
    },
    {
      plugins: soakPlugins(step),
      push: true,
      env: { PATH: process.env.PATH, HOME: rig.home, DOCKER_HOST: rig.host, TMPDIR: rig.tempDir },
      cwd: rig.home,
      signal: abort.signal,
      onEvent(event) {
        if (step.kind === 'abort' && event.type === 'phase.start' && event.phase === step.phase)
          timer ??= setTimeout(() => abort.abort('SIGINT'), step.delayMs);
      },
    },
  );
  clearTimeout(timer);
  if (result.image !== undefined) await engineRequest(rig.socketPath, 'DELETE', `/images/${result.image.id}?force=1`);
  return result;
}

const tally = {};
let span = [];
for (const step of soakPlan(builds, seed)) {
  const began = performance.now();
  const result = await runStep(step);
  span.push(performance.now() - began);
  const name = result.error?.code ?? 'ok';
  tally[name] = (tally[name] ?? 0) + 1;
  if (!isExpected(step, result)) {
    console.log(JSON.stringify({ unexpected: { step, exitStatus: result.exitStatus, error: result.error } }));
    process.exitCode = 1;
  }
  if ((step.index + 1) % every !== 0) continue;
  // What a cancelled builder lets go of, it lets go of in its own time.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const ms = span.reduce((sum, each) => sum + each, 0) / span.length;
  span = [];
  console.log(
    JSON.stringify({ builds: step.index + 1, ms: Math.round(ms), ...processUsage(), ...(await leftBehind(rig)) }),
  );
}
console.log(JSON.stringify({ tally }));
