// dock against buildx and against shell scripts, on Engines 26 and, where it is installed, 28: whole processes in turn, wall and CPU time of the client.
import { mkdtempSync, mkdirSync, rmSync, writeFileSync, symlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { baseImage, engineRequest, rigTool, startEngine, startGitServer, startRegistry } from '@dock/testing';
import { timePairs } from './measure.mjs';
import { works } from './builder-works.mjs';

const engines = [
  { version: '26', store: 'classic' },
  { version: '26', store: 'containerd' },
  { version: '28', store: 'classic' },
  { version: '28', store: 'containerd' },
];

/** The engine's own clients, with buildx as docker's plugin. */
function clients(version, directory) {
  try {
    const docker = rigTool('docker', version);
    const config = join(directory, 'docker');
    mkdirSync(join(config, 'cli-plugins'), { recursive: true });
    writeFileSync(join(config, 'config.json'), '{}');
    symlinkSync(rigTool('docker-buildx', version), join(config, 'cli-plugins', 'docker-buildx'));
    return { docker, config };
  } catch {
    // Engine 28 comes from a suite that moves, and is not everywhere.
    return undefined;
  }
}

async function onEngine(kind, services, { only, pairs }) {
  const directory = mkdtempSync(join(tmpdir(), 'dock-bench-'));
  try {
    const found = clients(kind.version, directory);
    if (found === undefined) return [];
    const engine = await startEngine(kind);
    try {
      const env = {
        DOCKER_HOST: engine.host,
        DOCKER_CONFIG: found.config,
        BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
        PATH: `${dirname(found.docker)}:${process.env.PATH}`,
      };
      const { Version } = (await engineRequest(engine.socketPath, 'GET', '/version')).json();
      const forget = () =>
        spawnSync(found.docker, ['builder', 'prune', '--all', '--force'], { env: { ...process.env, ...env } });
      const rig = { ...services, ...found, name: `${kind.version}-${kind.store}`, directory, forget };
      const rows = [];
      for (const { work, rival, target, dock, against } of works(rig).filter((each) =>
        only.every((word) => each.work.includes(word)),
      )) {
        const withEnv = (make) => (i) => ({ ...make(i), env, cwd: directory });
        const times = timePairs(withEnv(dock), withEnv(against), { pairs, warmups: 2 });
        const row = { work, rival, target, engine: `${Version}, ${kind.store}`, ...times };
        console.error(
          `${row.engine}: ${work} against ${rival}: ${row.ratio.toFixed(2)}, CPU ${row.cpuRatio.toFixed(2)}`,
        );
        rows.push(row);
      }
      return rows;
    } finally {
      await engine.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param only words that a work must have, to measure some alone; `pairs` of each */
export async function builder({ only = [], pairs = 9, kinds = engines } = {}) {
  const registry = await startRegistry({ isRecording: false });
  const git = await startGitServer();
  try {
    const base = (await baseImage(registry, { name: 'bench-base:1' })).reference;
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`app/file-${index}.txt`, `line ${index}\n`.repeat(50)]),
    );
    const { url } = await git.createRepository('bench', {
      Dockerfile: `FROM ${base}\nCOPY app /app\nRUN cat /app/* > /all\nCMD ["cat", "/all"]\n`,
      ...files,
    });
    const services = { registry: registry.host, base, gitUrl: url };
    const rows = [];
    for (const kind of kinds) rows.push(...(await onEngine(kind, services, { only, pairs })));
    return rows;
  } finally {
    await Promise.all([registry.stop(), git.stop()]);
  }
}
