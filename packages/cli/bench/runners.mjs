// What a runner costs: one build of a directory, cached, in each runner, against the same build here.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timePairs } from './measure.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const packages = fileURLToPath(new URL('../..', import.meta.url));

const runners = [
  {
    name: 'host-docker',
    target: 1500,
    imports: "import { hostDocker } from '@dock/runner-host-docker';",
    runner: (image) => `hostDocker({ buildImage: '${image}', network: 'host' })`,
  },
];

/** @param rig `{ host, base, buildImage() }`: the rig's engine, a base in its registry, and a build image in the engine. */
export async function runnerOverhead(rig) {
  const image = await rig.buildImage();
  const directory = mkdtempSync(join(tmpdir(), 'dock-bench-'));
  const env = { DOCKER_HOST: rig.host };
  try {
    mkdirSync(join(directory, 'app'));
    mkdirSync(join(directory, 'node_modules', '@dock'), { recursive: true });
    for (const name of ['core', 'plugin-pull-base', ...runners.map((each) => `runner-${each.name}`)])
      symlinkSync(join(packages, name), join(directory, 'node_modules', '@dock', name));
    writeFileSync(join(directory, 'app', 'Dockerfile'), `FROM ${rig.base}\nCOPY . /app\nRUN ls /app > /list\n`);
    const config = (name, imports, runner) =>
      writeFileSync(
        join(directory, `${name}.config.ts`),
        `import { pullBase } from '@dock/plugin-pull-base';\n${imports}\n` +
          `export default { source: 'app', image: 'bench:1', network: 'host', ${runner} plugins: [pullBase()] };\n`,
      );
    config('here', '', '');
    const build = (name) => () => ({
      command: process.execPath,
      args: [bin, 'build', '--config', `${name}.config.ts`, '--progress', 'none'],
      env,
      cwd: directory,
    });
    return runners.map(({ name, target, imports, runner }) => {
      config(name, imports, `runner: ${runner(image)},`);
      const times = timePairs(build(name), build('here'), { pairs: 9 });
      return { name, target, ...times, above: times.a - times.b };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
