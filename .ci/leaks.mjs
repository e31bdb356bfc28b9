// Nothing may be left behind: no process, directory or control group of the rig, no temporary directory of ours.
import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './steps.mjs';

// What was there before the run began is not the run's.
const began = Number(process.env.DOCK_CI_BEGAN ?? 0) * 1000;
const isOurs = (path) => statSync(path).birthtimeMs >= began;

const { findLeftovers } = await import(join(root, 'packages/testing/dist/index.js'));
const found = findLeftovers();
const left = [
  ...found.processes.map(({ pid, command }) => `process ${pid} ${command ?? ''}`),
  ...found.directories.map((path) => `directory ${path}`),
  ...found.controlGroups.map((group) => `control group ${group}`),
];
for (const name of readdirSync(tmpdir())) {
  if (!name.startsWith('dock-')) continue;
  const path = join(tmpdir(), name);
  // The directory of a user stays; what a run puts into it does not.
  const isUserDirectory = /^dock-\d+$/.test(name);
  const found = isUserDirectory ? readdirSync(path).map((entry) => join(path, entry)) : [path];
  left.push(...found.filter(isOurs).map((each) => `temporary directory ${each}`));
}
if (left.length > 0) {
  console.error(`left behind:\n${left.map((line) => `  ${line}`).join('\n')}`);
  process.exit(1);
}
console.error('nothing is left behind');
