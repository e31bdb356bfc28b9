// How a build context reaches the engine: dock against the docker CLI (20.10 with BuildKit) and against buildx (Engine 26), as whole processes.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { engineRequest, rigTool, startEngine } from '@dock/testing';
import { median } from './measure.mjs';
import { measureProcess } from './peak-memory.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const fileCount = 20_000;
const bigBytes = 2 ** 30;

/** The mount makes BuildKit take the whole context, and copies nothing of it; the argument keeps the step out of the cache. */
const dockerfile = (base) => `FROM ${base}\nARG RUN_ID\nRUN --mount=target=/context : $RUN_ID\n`;

function smallFiles(directory, base) {
  mkdirSync(directory);
  writeFileSync(join(directory, 'Dockerfile'), dockerfile(base));
  for (let index = 0; index < fileCount; index++) {
    const parent = join(directory, `dir-${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(parent);
    writeFileSync(join(parent, `file-${index}.txt`), `${index}: `.padEnd(1000, 'some text '));
  }
}

function bigFile(directory, base) {
  mkdirSync(directory);
  writeFileSync(join(directory, 'Dockerfile'), dockerfile(base));
  const file = openSync(join(directory, 'big.bin'), 'w');
  try {
    const block = randomBytes(2 ** 20);
    for (let written = 0; written < bigBytes; written += block.length) writeSync(file, block);
  } finally {
    closeSync(file);
  }
}

/** The two ways to build one directory. */
function builders({ host, docker, dockerConfig }) {
  const env = {
    DOCKER_HOST: host,
    DOCKER_CONFIG: dockerConfig,
    DOCKER_BUILDKIT: '1',
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
  };
  const common = (directory, id) => ['build', directory, '--network', 'none', '--build-arg', `RUN_ID=${id}`];
  return {
    dock: (directory, id) => ({
      command: process.execPath,
      args: [bin, ...common(directory, id), '--no-config', '--progress', 'none'],
      env,
    }),
    rival: (directory, id) => ({ command: docker, args: [...common(directory, id), '--quiet'], env }),
  };
}

function summary(pairs) {
  const of = (who, what) => median(pairs.map((pair) => pair[who][what]));
  const ratios = pairs.map(({ dock, rival }) => dock.ms / rival.ms);
  return {
    dockMs: of('dock', 'ms'),
    rivalMs: of('rival', 'ms'),
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    dockRss: of('dock', 'rss'),
    rivalRss: of('rival', 'rss'),
    rssRatio: median(pairs.map(({ dock, rival }) => dock.rss / rival.rss)),
    pairs: pairs.length,
  };
}

/** Pairs in turn; the first goes first in every other pair. */
async function interleaved(count, prepare, run) {
  const pairs = [];
  for (let pair = 0; pair < count; pair++) {
    const results = {};
    await prepare?.(pair);
    for (const who of pair % 2 === 0 ? ['dock', 'rival'] : ['rival', 'dock']) results[who] = await run(who, pair);
    pairs.push(results);
  }
  return pairs;
}

/** Removing many thousands of files takes an engine its time on a busy machine. */
async function forget({ socketPath }) {
  await engineRequest(socketPath, 'POST', '/build/prune?all=1', undefined, { timeoutMs: 600_000 });
}

async function against(rival, base, { directory, pairs }) {
  const commands = builders(rival);
  let runs = 0;
  // A name that the builder has not seen has nothing to be compared with: everything travels.
  const asNew = async (made, who) => {
    await forget(rival);
    const renamed = join(directory, `context-${rival.name.replaceAll(/\W+/g, '-')}-${runs++}`);
    renameSync(made, renamed);
    try {
      return await measureProcess(commands[who](renamed, runs));
    } finally {
      renameSync(renamed, made);
    }
  };
  const rows = [];
  const row = (what, results) => rows.push({ what, rival: rival.name, ...summary(results) });

  const small = join(directory, 'small');
  smallFiles(small, base);
  row('20,000 files of 1 kB', await interleaved(pairs, undefined, (who) => asNew(small, who)));

  for (const who of ['dock', 'rival']) await measureProcess(commands[who](small, `first-${who}`));
  const change = (pair) => writeFileSync(join(small, 'dir-7', `file-${700 + pair}.txt`), `changed in pair ${pair}`);
  const again = (who) => measureProcess(commands[who](small, `again-${runs++}`));
  row('again, 1 of 20,000 files changed', await interleaved(pairs, change, again));
  rmSync(small, { recursive: true });

  const big = join(directory, 'big');
  bigFile(big, base);
  row('1 file of 1 GiB', await interleaved(pairs, undefined, (who) => asNew(big, who)));
  rmSync(big, { recursive: true });
  await forget(rival);
  return rows;
}

/** @param rig the rig of `rig.mjs`: `{ host, base }` of Engine 20.10; an Engine 26 is started for buildx and stopped. */
export async function contextTransfer(rig, { pairs = 3 } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'dock-bench-context-'));
  const dockerConfig = join(directory, 'docker');
  mkdirSync(join(dockerConfig, 'cli-plugins'), { recursive: true });
  symlinkSync(rigTool('docker-buildx', '26'), join(dockerConfig, 'cli-plugins', 'docker-buildx'));
  const options = { directory, pairs };
  try {
    const old = {
      name: 'docker 20.10',
      docker: rigTool('docker'),
      host: rig.host,
      socketPath: rig.host.replace('unix://', ''),
    };
    const rows = await against({ ...old, dockerConfig }, rig.base, options);
    const engine = await startEngine({ version: '26' });
    try {
      const { host, socketPath } = engine;
      const buildx = { name: 'buildx on Engine 26', docker: rigTool('docker', '26'), host, socketPath, dockerConfig };
      rows.push(...(await against(buildx, rig.base, options)));
    } finally {
      await engine.stop();
    }
    return rows;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
