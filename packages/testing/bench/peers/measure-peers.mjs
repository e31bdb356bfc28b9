// Measure what the peers do with the forty cases.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseImage } from '../../dist/index.js';
import { cases, openGiven } from './cases.mjs';
import { openPeers } from './tools.mjs';

/** The columns of the table, in order. */
export const peerNames = ['docker', 'skopeo', 'buildah', 'testcontainers'];

/**
 * @param numbers the cases to measure; all of them without any
 * @returns `{ versions, outcomes: { 1: { docker: 'exit 1' } } }`; a peer without the function has no outcome
 */
export async function measurePeers(numbers = []) {
  const home = mkdtempSync(join(tmpdir(), 'dock-peers-'));
  const given = await openGiven(home, openPeers, baseImage);
  const outcomes = {};
  try {
    for (const [number, byPeer] of Object.entries(cases)) {
      if (numbers.length > 0 && !numbers.includes(number)) continue;
      outcomes[number] = {};
      for (const peer of peerNames) {
        if (byPeer[peer] === undefined) continue;
        given.credentials({});
        given.newContext();
        outcomes[number][peer] = await byPeer[peer](given);
        console.error(`${number} ${peer}: ${outcomes[number][peer]}`);
      }
    }
    return { versions: given.peers.versions, outcomes };
  } finally {
    await given.close();
    rmSync(home, { recursive: true, force: true });
  }
}
