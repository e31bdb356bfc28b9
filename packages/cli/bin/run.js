#!/usr/bin/env node
import { readFileSync } from 'node:fs';

const argv = process.argv.slice(2);
const root = new URL('..', import.meta.url);
const isVersion = argv.some((word) => word === '--version' || word === '-v');

/** The program itself. */
async function program() {
  const { start } = await import('./start.js');
  const isKept = argv.includes('build') && !argv.some((word) => word === '--help' || word === '-h');
  return start(new URL('dist/bundle/dock.cjs', root), { isKept });
}

// The version is answered before anything else is loaded.
if (isVersion && argv.every((word) => ['--version', '-v', '--json'].includes(word))) {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const answer = argv.includes('--json')
    ? JSON.stringify({ v: 1, status: 'ok', exitStatus: 0, version })
    : `dock ${version}`;
  process.stdout.once('error', (error) => {
    if (error.code !== 'EPIPE') void program().then(({ tellOfLoss }) => tellOfLoss(error));
  });
  process.stdout.write(`${answer}\n`);
} else {
  const { main } = await program();
  await main(argv, root);
}
