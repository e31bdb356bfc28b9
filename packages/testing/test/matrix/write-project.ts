import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../../../cli/test/run-dock.js';
import { goFile } from './build-container.js';
import type { Cell } from './cells.js';
import { containerRunners } from './runners.js';

/** What a run of the matrix builds from, and publishes to. */
export interface Places {
  readonly base: string;
  readonly target: string;
  readonly gitUrl: string;
  /** For a runner with a build container. */
  readonly buildImage: string;
}

/** Write a project whose run stands still at the point, or whose plugin fails there. */
export function writeProject(project: Project, { runner, point, fault }: Cell, places: Places): void {
  const { base, target, gitUrl, buildImage } = places;
  const isPlugin = fault.startsWith('plugin');
  const acts = isPlugin || point.isHeldByTap === true;
  const act = fault === 'plugin throws' ? 'throws' : fault === 'plugin hangs' ? 'hangs' : 'held';
  const tapOptions = {
    ...(point.stage === undefined ? {} : { stage: point.stage }),
    ...(fault === 'plugin hangs' ? { timeoutMs: 1500 } : {}),
  };
  // What is looked for is in the output only, not in the command that errors show.
  const gate = `test({ command: ['sh', '-c', 'echo gate-"runs"; sleep 600'], network: 'none' }), `;
  const container = containerRunners[runner];
  project.write({
    'dock.config.mjs': `
      import { existsSync } from 'node:fs';
      import { pullBase } from '@dock/plugin-pull-base';
      import { push } from '@dock/plugin-push';
      import { test } from '@dock/plugin-test';
      ${container?.imports ?? ''}
      const throws = () => { throw new Error('the fault'); };
      const hangs = () => new Promise((resolve) => setTimeout(resolve, 600_000));
      const held = async () => {
        process.stderr.write('HELD\\n');
        while (!existsSync('go') && !existsSync('${goFile}')) await new Promise((resolve) => setTimeout(resolve, 50));
      };
      ${acts && point.hook === 'import' ? `await ${act}();` : ''}
      const fault = { name: 'fault', apply({ hooks }) {
        ${acts && point.hook !== 'import' ? `hooks.${point.hook}.tap('fault', () => ${act}(), ${JSON.stringify(tapOptions)});` : ''}
      } };
      void test;
      export default {
        source: ${point.isGit === true ? `{ kind: 'git', url: '${gitUrl}' }` : `'context'`},
        image: 'app:1',
        targetRegistries: ['${target}'],
        network: 'host',
        builder: 'classic',
        ${container === undefined ? '' : `runner: ${container.call(buildImage)},`}
        plugins: [fault, pullBase(), ${isPlugin || point.hasGate !== true ? '' : gate}push()],
      };`,
    'context/Dockerfile': `FROM ${base}\nCOPY . /context\n${isPlugin ? '' : (point.dockerfile ?? '')}\n`,
    'context/salt': randomBytes(16).toString('hex'),
  });
  // Bytes that do not compress, or nothing would stand in the way.
  if (point.hasBigContext === true && !isPlugin)
    writeFileSync(join(project.directory, 'context', 'big'), randomBytes(32 * 1024 ** 2));
}
