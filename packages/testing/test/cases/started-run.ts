import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildResult } from '@dock/core';
import { type DockRun, outcomeOf, type Project } from '../../../cli/test/run-dock.js';

/** A run of the real binary that is still going on. */
export interface StartedRun {
  readonly child: ChildProcess;
  /** What it came to. */
  readonly outcome: Promise<DockRun>;
  /** Until standard error has said something. @throws Error with all that it said, when it ends before */
  untilSaid(pattern: RegExp): Promise<void>;
}

/** Start dock and watch what it says. */
export function startRun(project: Project, ...[args, options]: Parameters<Project['start']>): StartedRun {
  const child = project.start(args, options);
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  const outcome = outcomeOf(child);
  return {
    child,
    outcome,
    untilSaid: async (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (pattern.test(said)) resolve();
        };
        child.stderr?.on('data', look);
        void outcome.then(({ status, stdout }) => reject(new Error(`ended with ${String(status)}: ${said}${stdout}`)));
        look();
      }),
  };
}

/** The directories of a project's runs, oldest first. */
export function runDirectories({ home }: Project): string[] {
  const runs = join(home, '.local', 'state', 'dock', 'runs');
  return existsSync(runs)
    ? readdirSync(runs)
        .sort()
        .map((name) => join(runs, name))
    : [];
}

/** The result file of the newest run. */
export function lastResult(project: Project): BuildResult {
  return JSON.parse(readFileSync(join(runDirectories(project).at(-1) ?? '', 'result.json'), 'utf8')) as BuildResult;
}

/** What dock left in the temporary directory of a project: beside its own directory there, which stays, and in it. */
export function workDirectories(project: Project): string[] {
  const temporary = project.env()['TMPDIR'] ?? '';
  const own = `dock-${process.getuid?.() ?? 'user'}`;
  const others = readdirSync(temporary).filter((name) => ![own, 'project', 'home'].includes(name));
  return existsSync(join(temporary, own)) ? [...others, ...readdirSync(join(temporary, own))] : others;
}

/** The processes that a project's runs left: all that dock starts has its environment. */
export function processesLeft(project: Project): string[] {
  const mark = `TMPDIR=${project.env()['TMPDIR'] ?? ''}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isOurs = `${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`.includes(mark);
        return isOurs
          ? [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')}`]
          : [];
      } catch {
        // It has ended.
        return [];
      }
    });
}
