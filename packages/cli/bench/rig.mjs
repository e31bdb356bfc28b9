// The rig of the benchmarks: one engine with BuildKit, a registry without a recorder in front, a git server with a small project.
import { dirname } from 'node:path';
import {
  baseImage,
  buildImage,
  engineRequest,
  rigTool,
  startEngine,
  startGitServer,
  startRegistry,
} from '@dock/testing';

/** A project whose build is quick once cached: what is measured is everything around it. */
const files = (base) => ({
  Dockerfile: `FROM ${base}\nCOPY app /app\nRUN cat /app/* > /all\nCMD ["cat", "/all"]\n`,
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`app/file-${index}.txt`, `line ${index}\n`.repeat(50)]),
  ),
});

export async function openBenchRig() {
  const engine = await startEngine({ version: '20.10' });
  const registry = await startRegistry({ isRecording: false });
  const git = await startGitServer();
  const base = await baseImage(registry, { name: 'bench-base:1' });
  const repository = await git.createRepository('bench', files(base.reference));
  const { Version } = (await engineRequest(engine.socketPath, 'GET', '/version')).json();
  return {
    host: engine.host,
    engineVersion: Version,
    dockerDirectory: dirname(rigTool('docker')),
    registry: registry.host,
    base: base.reference,
    gitUrl: repository.url,
    buildImage: async (options) => (await buildImage(engine, options)).reference,
    async close() {
      await Promise.all([engine.stop(), registry.stop(), git.stop()]);
    },
  };
}
