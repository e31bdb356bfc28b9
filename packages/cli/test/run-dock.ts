import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = fileURLToPath(new URL('../..', import.meta.url));

/** The file that "dock" starts. */
export const dockBinary = join(packages, 'cli', 'bin', 'run.js');

/** What a run of the real binary came to. */
export interface DockRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A directory that a user could stand in, with a home of its own. */
export interface Project {
  readonly directory: string;
  readonly home: string;
  /** Write files, path to text. */
  write(files: Readonly<Record<string, string>>): void;
  /** The environment of the binary: nothing of ours but PATH. */
  env(more?: Readonly<Record<string, string>>): Record<string, string>;
  run(args: readonly string[], options?: RunOptions): Promise<DockRun>;
  start(args: readonly string[], options?: RunOptions): ChildProcess;
  remove(): void;
}

/** How the binary is run. */
interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A program that starts node: `['unshare', '--pid', '--fork']`. */
  readonly under?: readonly [string, ...string[]];
}

/** A new project; `@dock/*` packages are installed in it as links, as a workspace would have them. */
export function createProject(files: Readonly<Record<string, string>> = {}): Project {
  const root = mkdtempSync(join(tmpdir(), 'dock-cli-test-'));
  const directory = join(root, 'project');
  const home = join(root, 'home');
  mkdirSync(home);
  mkdirSync(join(directory, 'node_modules', '@dock'), { recursive: true });
  for (const name of readdirSync(packages).filter((each) => each !== 'testing'))
    symlinkSync(join(packages, name), join(directory, 'node_modules', '@dock', name));
  const env: Project['env'] = (more = {}) => ({
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TMPDIR: root,
    ...more,
  });
  const start: Project['start'] = (args, options = {}) => {
    const [program, ...words] = [...(options.under ?? []), process.execPath, dockBinary, ...args] as [
      string,
      ...string[],
    ];
    return spawn(program, words, {
      cwd: options.cwd ?? directory,
      env: env(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  };
  const project: Project = {
    directory,
    home,
    env,
    start,
    write(entries) {
      for (const [path, text] of Object.entries(entries)) {
        mkdirSync(dirname(join(directory, path)), { recursive: true });
        writeFileSync(join(directory, path), text);
      }
    },
    run: async (args, options) => outcomeOf(start(args, options)),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  project.write(files);
  return project;
}

/** What a started binary comes to. */
export async function outcomeOf(child: ChildProcess): Promise<DockRun> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, stdout, stderr };
}
