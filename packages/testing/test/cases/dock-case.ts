import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { BuildResult, DockEvent } from '@dock/core';
import { baseImage, listLeftovers, type SharedRigEngine, sharedEngine, sharedRegistry } from '@dock/testing';
import { createProject, type DockRun, type Project } from '../../../cli/test/run-dock.js';
import { sawOutcome } from './held-to-page.js';
import { workDirectories } from './started-run.js';

/** What a case expects of a run. */
export interface Expected {
  readonly status: number;
  /** Code of the error; none for a run that goes well. */
  readonly code?: string;
  /** What message and hint together must contain. */
  readonly says?: readonly (string | RegExp)[];
}

/** How a run is started. */
export interface CaseOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The engine in which nothing of the run may be left. */
  readonly engine?: SharedRigEngine;
}

/** A run by the command line, with its document. */
export interface CaseRun extends DockRun {
  readonly result: BuildResult;
}

/** A project, an engine and a base image that only the case knows. */
export interface Rig {
  readonly unique: string;
  readonly engine: SharedRigEngine;
  /** `host:port` of a registry without credentials. */
  readonly registry: string;
  /** A base with a shell, in the registry. */
  readonly base: string;
}

/** What most cases need. The services are shared, the names are not. */
export async function openRig(number: string): Promise<Rig> {
  const unique = `case${number}-${process.pid}`;
  const [engine, registry] = await Promise.all([sharedEngine(), sharedRegistry()]);
  const { reference } = await baseImage(registry, { name: `${unique}/busybox:1` });
  return { unique, engine, registry: registry.host, base: reference };
}

export { createProject, type Project };

/** Run `dock ARGS --json` and hold it to what the case expects: status, code, words, one document, a result file, and nothing left. */
export async function runCase(
  project: Project,
  args: readonly string[],
  expected: Expected,
  { engine, env = {}, cwd }: CaseOptions = {},
): Promise<CaseRun> {
  const host: Record<string, string> = engine === undefined ? {} : { DOCKER_HOST: engine.host };
  const run = await project.run([...args, '--json'], {
    env: { ...host, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  const result = JSON.parse(run.stdout) as BuildResult;
  sawOutcome(run.status, result.error?.code);
  expect([run.status, result.error?.code, run.status === expected.status ? '' : run.stderr]).toEqual([
    expected.status,
    expected.code,
    '',
  ]);
  expect(result.exitStatus).toBe(expected.status);
  const words = `${result.error?.message ?? ''}\n${result.error?.hint ?? ''}`;
  for (const each of expected.says ?? []) {
    if (typeof each === 'string') expect(words).toContain(each);
    else expect(words).toMatch(each);
  }
  // A person reads the same on standard error.
  if (expected.code !== undefined) expect(run.stderr).toContain(`error ${expected.code}: `);
  if (result.runId !== undefined) await nothingIsLost(project, result, engine);
  return { ...run, result };
}

async function nothingIsLost(project: Project, result: BuildResult, engine: SharedRigEngine | undefined) {
  const file = join(project.home, '.local/state/dock/runs', result.runId, 'result.json');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ runId: result.runId, exitStatus: result.exitStatus });
  expect(workDirectories(project)).toEqual([]);
  if (result.logFile !== undefined)
    expect(eventsOf(result).at(-1)).toMatchObject({ type: 'run.end', status: result.status });
  if (engine === undefined) return;
  const { containers, volumes, networks } = await listLeftovers(engine, result.runId);
  expect([...containers, ...volumes, ...networks]).toEqual([]);
}

/** The log of a run. */
export function eventsOf({ logFile = '' }: BuildResult): DockEvent[] {
  return readFileSync(logFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as DockEvent);
}

/** What the build steps of a run printed, by its log. */
export function outputOf(result: BuildResult): string {
  return eventsOf(result)
    .map((event) => (event.type === 'step.log' ? event.text : ''))
    .join('');
}

/** Every file below a directory as one text, for secrets that must not be in any. */
export function allText(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}
