// What a runner costs: one build of a directory in each runner, against the same build here and in the other.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineRequest } from '@dock/testing';
import { timePairs } from './measure.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const packages = fileURLToPath(new URL('../..', import.meta.url));
const cache = 'bench';
/** The rig's containers have the network of the machine, so there is no bridge to make. */
const withoutBridge = [
  '--bridge=none',
  '--iptables=false',
  '--ip6tables=false',
  '--ip-forward=false',
  '--ip-masq=false',
];

/** Runners by name: what a config imports, and what it says. */
const runnersOf = (images) => ({
  here: { imports: '', runner: '' },
  'host-docker': {
    imports: "import { hostDocker } from '@dock/runner-host-docker';",
    runner: `runner: hostDocker({ buildImage: '${images.plain}', network: 'host' }),`,
  },
  privileged: {
    imports: "import { privileged } from '@dock/runner-privileged';",
    runner: `runner: privileged({ buildImage: '${images.engine}', network: 'host', cache: '${cache}', engineArgs: ${JSON.stringify(withoutBridge)} }),`,
  },
});

/** A step of some seconds after the files that change: what a rebuild is made of. */
const work = 'for part in 1 2 3 4 5 6 7 8; do head -c 67108864 /dev/zero | sha256sum; done';

function writeProject(directory, base, images) {
  mkdirSync(join(directory, 'app'));
  mkdirSync(join(directory, 'node_modules', '@dock'), { recursive: true });
  for (const name of ['core', 'plugin-pull-base', 'runner-host-docker', 'runner-privileged'])
    symlinkSync(join(packages, name), join(directory, 'node_modules', '@dock', name));
  writeFileSync(join(directory, 'app', 'Dockerfile'), `FROM ${base}\nCOPY . /app\nRUN ls /app > /list && ${work}\n`);
  for (const [name, { imports, runner }] of Object.entries(runnersOf(images)))
    writeFileSync(
      join(directory, `${name}.config.ts`),
      `import { pullBase } from '@dock/plugin-pull-base';\n${imports}\n` +
        `export default { source: 'app', image: 'bench:1', network: 'host', ${runner} plugins: [pullBase()] };\n`,
    );
}

/** @param rig `{ host, base, buildImage(options) }`: the rig's engine, a base in its registry, and build images in the engine. */
export async function runnerOverhead(rig, { pairs = 7 } = {}) {
  const images = { plain: await rig.buildImage(), engine: await rig.buildImage({ engine: true }) };
  const directory = mkdtempSync(join(tmpdir(), 'dock-bench-'));
  const build = (name) => ({
    command: process.execPath,
    args: [bin, 'build', '--config', `${name}.config.ts`, '--progress', 'none'],
    env: { DOCKER_HOST: rig.host },
    cwd: directory,
  });
  const cached = (name) => () => build(name);
  let changes = 0;
  const changed = (name) => () => {
    writeFileSync(join(directory, 'app', 'changed.txt'), `change ${changes++}\n`);
    return build(name);
  };
  const row = (what, name, against, target, way) => {
    const times = timePairs(way(name), way(against), { pairs });
    return { what, name, against, target, ...times, above: times.a - times.b };
  };
  try {
    writeProject(directory, rig.base, images);
    return [
      row('cached build', 'host-docker', 'here', '1,500 ms above', cached),
      row('cached build, warm cache volume', 'privileged', 'host-docker', '1,500 ms above', cached),
      row('a file changed, warm cache volume', 'privileged', 'host-docker', '1.20 times', changed),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await engineRequest(rig.host.replace('unix://', ''), 'DELETE', `/volumes/dock-cache-${cache}?force=1`);
  }
}
