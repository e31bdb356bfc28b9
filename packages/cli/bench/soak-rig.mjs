// The rig of the soaks: an engine, a registry, a registry that refuses every upload, a git server, and directories of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseImage, startEngine, startGitServer, startRegistry, startRegistryProxy } from '@dock/testing';
import { soakFiles } from './soak-plan.mjs';

export async function openSoakRig() {
  const engine = await startEngine({ version: '26' });
  const registry = await startRegistry({ isRecording: false });
  const refusing = await startRegistryProxy({
    target: registry.host,
    rules: [{ method: 'POST', status: 403, body: '{"errors":[{"code":"DENIED","message":"refused"}]}' }],
  });
  const git = await startGitServer();
  const base = await baseImage(registry, { name: 'soak-base:1' });
  const files = soakFiles(base.reference);
  const repository = await git.createRepository('soak', files);
  const home = mkdtempSync(join(tmpdir(), 'dock-soak-'));
  const [directory, tempDir] = [join(home, 'context'), join(home, 'tmp')];
  mkdirSync(directory);
  mkdirSync(tempDir);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return {
    host: engine.host,
    socketPath: engine.socketPath,
    registry: registry.host,
    refusing: refusing.host,
    gitUrl: repository.url,
    home,
    directory,
    tempDir,
    async close() {
      await refusing.stop();
      await Promise.all([engine.stop(), registry.stop(), git.stop()]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
