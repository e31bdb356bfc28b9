// What the docker CLI, skopeo, buildah and testcontainers-node do with the forty cases: `npm run peers [-- NUMBER ...]` writes their columns of docs/reference/reliability.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { root } from './steps.mjs';

const page = join(root, 'docs', 'reference', 'reliability.md');

/** The page with the outcomes in their cells; what was not measured keeps its own. */
export function withOutcomes(text, outcomes, versions, peerNames) {
  const [begin, end] = ['<!-- begin peers -->\n', '<!-- end peers -->'];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  const rows = text
    .slice(from, to)
    .split('\n')
    .filter((line) => line.startsWith('|'));
  const filled = rows.map((row) => {
    const [number = '', what, dock, ...cells] = row.slice(2, -2).split(' | ');
    const measured = outcomes[number] ?? {};
    const all = peerNames.map((peer, index) => measured[peer] ?? cells[index]);
    return `| ${[number, what, dock, ...all].join(' | ')} |`;
  });
  const date = new Date().toISOString().slice(0, 10);
  const note = `Measured on ${date}: ${peerNames.map((peer) => versions[peer]).join('; ')}.`;
  return `${text.slice(0, from)}${filled.join('\n')}\n\n${note}\n${text.slice(to)}`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  setup();
  const { measurePeers, peerNames } = await import('../packages/testing/bench/peers/measure-peers.mjs');
  const { outcomes, versions } = await measurePeers(process.argv.slice(2));
  writeFileSync(page, withOutcomes(readFileSync(page, 'utf8'), outcomes, versions, peerNames));
}
