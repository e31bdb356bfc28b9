// Nothing may be left behind: no process, directory or control group of the rig, no temporary directory of ours.
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './steps.mjs';

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
  if (!isUserDirectory) left.push(`temporary directory ${path}`);
  else for (const entry of readdirSync(path)) left.push(`temporary directory ${join(path, entry)}`);
}
if (left.length > 0) {
  console.error(`left behind:\n${left.map((line) => `  ${line}`).join('\n')}`);
  process.exit(1);
}
console.error('nothing is left behind');
