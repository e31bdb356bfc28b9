import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunOptions } from '@dock/api';
import type { SharedRigEngine } from '@dock/testing';

/** A directory that a user could stand in, with a home of its own. */
export interface Workplace {
  readonly root: string;
  /** Write files, path to text. */
  write(files: Readonly<Record<string, string>>): void;
  /** Options of a call that uses this engine and nothing of this process. */
  options(engine: Pick<SharedRigEngine, 'host'>, env?: Readonly<Record<string, string>>): RunOptions;
  /** The kept log of a run, a line per event. */
  log(runId: string): string;
  remove(): void;
}

/** A new workplace. */
export function createWorkplace(): Workplace {
  const root = mkdtempSync(join(tmpdir(), 'dock-runners-test-'));
  return {
    root,
    write(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
    },
    options: (engine, env = {}) => ({
      env: { PATH: process.env['PATH'] ?? '', HOME: root, DOCKER_HOST: engine.host, TMPDIR: root, ...env },
      cwd: root,
    }),
    log: (runId) => readFileSync(join(root, '.local/state/dock/runs', runId, 'events.ndjson'), 'utf8'),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
