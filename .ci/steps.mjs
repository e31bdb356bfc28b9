// What the repository's scripts share: one pinned pnpm, and steps that fail loudly.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const pnpmVersion = '12.21.0';

/** Run a command in the repository, its output shown; a failure ends the script with the command's status. */
export function step(title, command, args, options = {}) {
  const began = performance.now();
  console.error(`\n== ${title}`);
  const status = run(command, args, options);
  if (status !== 0) {
    console.error(`== ${title}: failed with status ${status}`);
    process.exit(status);
  }
  console.error(`== ${title}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

/** Run a command and give its exit status; a signal counts as 128 and more. */
export function run(command, args, options = {}) {
  const { env, ...rest } = options;
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    ...rest,
  });
  if (done.error !== undefined) throw done.error;
  return done.status ?? 128;
}

/** The pinned pnpm, fetched by npx when it is not there. */
export function pnpm(title, args, options) {
  step(title, 'npx', ['-y', `pnpm@${pnpmVersion}`, ...args], options);
}

/** A tool of the workspace, or `node`. */
export function tool(title, [name, ...args], options) {
  step(title, name === 'node' ? process.execPath : join(root, 'node_modules', '.bin', name), args, options);
}

/** Install the dependencies as the lockfile has them. */
export function install() {
  pnpm('install dependencies', ['install', '--frozen-lockfile', '--reporter=append-only']);
}
