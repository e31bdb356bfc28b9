import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../../../cli/test/run-dock.js';
import type { Fault } from './faults.js';
import type { Point } from './points.js';

/** What a run of the matrix builds from, and publishes to. */
export interface Places {
  readonly base: string;
  readonly target: string;
  readonly gitUrl: string;
}

/** Write a project whose run stands still at the point, or whose plugin fails there. */
export function writeProject(project: Project, point: Point, fault: Fault, { base, target, gitUrl }: Places): void {
  const isPlugin = fault.startsWith('plugin');
  const acts = isPlugin || point.isHeldByTap === true;
  const act = fault === 'plugin throws' ? 'throws' : fault === 'plugin hangs' ? 'hangs' : 'held';
  const stage = point.stage === undefined ? '' : `, { stage: '${point.stage}' }`;
  const gate = isPlugin || point.hasGate !== true ? '' : `test({ command: ['sleep', '600'], network: 'none' }), `;
  project.write({
    'dock.config.mjs': `
      import { existsSync } from 'node:fs';
      import { pullBase } from '@dock/plugin-pull-base';
      import { push } from '@dock/plugin-push';
      import { test } from '@dock/plugin-test';
      const throws = () => { throw new Error('the fault'); };
      const hangs = () => new Promise((resolve) => setTimeout(resolve, 600_000));
      const held = async () => {
        process.stderr.write('HELD\\n');
        while (!existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 50));
      };
      ${acts && point.hook === 'import' ? `await ${act}();` : ''}
      const fault = { name: 'fault', apply({ hooks }) {
        ${acts && point.hook !== 'import' ? `hooks.${point.hook}.tap('fault', () => ${act}()${stage});` : ''}
      } };
      void test;
      export default {
        source: ${point.isGit === true ? `{ kind: 'git', url: '${gitUrl}' }` : `'context'`},
        image: 'app:1',
        targetRegistries: ['${target}'],
        network: 'host',
        builder: 'classic',
        ${fault === 'plugin hangs' ? 'timeouts: { pluginMs: 1500 },' : ''}
        plugins: [fault, pullBase(), ${gate}push()],
      };`,
    'context/Dockerfile': `FROM ${base}\nCOPY . /context\n${isPlugin ? '' : (point.dockerfile ?? '')}\n`,
    'context/salt': randomBytes(16).toString('hex'),
  });
  // Bytes that do not compress, or nothing would stand in the way.
  if (point.hasBigContext === true && !isPlugin)
    writeFileSync(join(project.directory, 'context', 'big'), randomBytes(32 * 1024 ** 2));
}
