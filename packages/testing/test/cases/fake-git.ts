import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from './dock-case.js';

/** A `git` before the real one on the PATH. */
export interface FakeGit {
  /** For the run's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Each call's arguments. */
  calls(): string[];
}

/** A program `git` that notes each call, does what `body` (shell) says, and else is the real one. */
export function fakeGit(project: Project, body = ''): FakeGit {
  const directory = join(project.home, 'bin');
  const log = join(directory, 'calls');
  const path = project.env()['PATH'] ?? '';
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'git'),
    `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\n${body}\nPATH='${path}' exec git "$@"\n`,
  );
  chmodSync(join(directory, 'git'), 0o755);
  return {
    env: { PATH: `${directory}:${path}` },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  };
}
