import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sharedGitServer } from '@dock/testing';
import { createProject, openRig, type Project, type Rig, runCase } from './dock-case.js';
import { holdToPage } from './held-to-page.js';

holdToPage(5);

let rig: Rig;
let project: Project;
beforeAll(async () => {
  rig = await openRig('05');
  project = createProject();
});
afterAll(() => project.remove());

test('code and settings that a repository brings along are not run', async () => {
  const markers = join(project.home, 'markers');
  const mark = (name: string) =>
    `require('node:fs').mkdirSync(${JSON.stringify(markers)}, { recursive: true }); require('node:fs').writeFileSync(${JSON.stringify(join(markers, name))}, '');`;
  const mjs = (name: string) =>
    `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); ${mark(name)} export default {};`;
  const { url } = await (await sharedGitServer()).createRepository(rig.unique, {
    Dockerfile: `FROM ${rig.base}\nLABEL case=5\n`,
    'dock.config.ts': mjs('dock-config-ts'),
    'dock.config.mjs': mjs('dock-config-mjs'),
    '.config/config.js': mark('config-config'),
    '.config/config.mjs': mjs('config-config-mjs'),
    'package.json': JSON.stringify({
      cosmiconfig: { searchPlaces: ['.evil.js'] },
      scripts: { preinstall: `node -e "${mark('preinstall').replaceAll('"', "'")}"` },
    }),
    '.evil.js': mark('evil'),
    '.npmrc': 'script-shell=./evil.sh\nignore-scripts=false\n',
    'tsconfig.json': '{ "extends": "./evil.json" }',
    'node_modules/.hooks/preinstall': '#!/bin/sh\ntouch marker\n',
    '.githooks/post-checkout': '#!/bin/sh\ntouch marker\n',
    '.gitattributes': '* filter=evil\n',
    '.env': 'DOCKER_HOST=tcp://127.0.0.1:1\n',
  });
  const { result } = await runCase(project, ['build', url], { status: 0 }, { engine: rig.engine });
  expect(result.source?.kind).toBe('git');
  expect(existsSync(markers) ? readdirSync(markers) : []).toEqual([]);
});
