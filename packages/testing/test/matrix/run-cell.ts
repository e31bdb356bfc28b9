import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  buildImage,
  type RigEngine,
  type SharedRigRegistry,
  sharedGitServer,
  startFaultProxy,
  startRegistryProxy,
} from '@dock/testing';
import type { GcReport } from '../../../api/src/index.js';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { processesLeft, runDirectories, startRun, workDirectories } from '../cases/started-run.js';
import { inBuildContainer, letGo, signalInnerEngine } from './build-container.js';
import type { Cell } from './cells.js';
import { contentsOf } from './engine-contents.js';
import { containerRunners } from './runners.js';
import { strike } from './strike.js';
import { writeProject } from './write-project.js';

/** How long a run may take to its point and to its end, ms: one that stands still is a failure with a name. */
const limitMs = 240_000;

/** What the runs of the matrix share. */
export interface MatrixRig {
  /** Its own: it is killed, and gc looks at all of it. */
  readonly engine: RigEngine;
  readonly registry: SharedRigRegistry;
}

/** What one run of the matrix came to. */
export interface CellOutcome {
  readonly status: number | string | null;
  /** From the fault to the end of the process, ms. */
  readonly endedAfterMs: number;
  /** The result file, after gc. */
  readonly result: BuildResult | undefined;
  readonly gc: GcReport;
  /** What is left after gc: containers, volumes, networks, names that dock lent or made up, work directories, processes, state files. */
  readonly left: readonly string[];
  /** What was in the engine before, and is not any more. */
  readonly taken: readonly string[];
  readonly stderr: string;
}

/** Bring a run to a point, let the fault happen, and collect what is left. */
export async function runCell({ engine, registry: registryService }: MatrixRig, cell: Cell): Promise<CellOutcome> {
  const { point, fault, runner } = cell;
  const id = `m${process.pid}-${Date.now().toString(36)}`;
  const server = await sharedGitServer();
  const { hostname, port } = new URL(server.url);
  const [cable, registry, git] = await Promise.all([
    startFaultProxy({ target: engine }),
    startRegistryProxy({ target: registryService.host }),
    startFaultProxy({ target: { host: hostname, port: Number(port) } }),
  ]);
  const project = createProject();
  let limit: NodeJS.Timeout | undefined;
  try {
    // A base of its own each time: an engine that has it does not pull.
    await baseImage(registryService, { name: `${id}/base:1`, files: { '/salt': id } });
    const base = `${registry.host}/${id}/base:1`;
    const repository = await server.createRepository(id, { Dockerfile: `FROM ${base}\n` });
    const gitUrl = repository.url.replace(`:${port}/`, `:${new URL(git.url.replace('tcp:', 'http:')).port}/`);
    const container = containerRunners[runner];
    const image = container === undefined ? '' : (await buildImage(engine, container.image)).reference;
    const before = await contentsOf(engine);
    writeProject(project, cell, { base, target: `${registry.host}/${id}/target`, gitUrl, buildImage: image });
    const isPlugin = fault.startsWith('plugin');
    if (!isPlugin) point.arm?.({ cable, registry, git });
    const env = { DOCKER_HOST: cable.url };
    const run = startRun(project, ['build', '--progress', 'rawjson', '--json'], { env });
    limit = setTimeout(() => run.child.kill('SIGKILL'), limitMs);
    const writeGo = () => project.write({ go: '' });
    const scene = {
      cable,
      registry,
      git,
      run,
      writeGo,
      release: async () => (container === undefined ? writeGo() : inBuildContainer(engine, letGo)),
      freezeInnerEngine: async () => {
        if (runner !== 'privileged') return false;
        await inBuildContainer(engine, signalInnerEngine('STOP'));
        return true;
      },
    };
    if (!isPlugin && point.isHeldByTap === true) await run.untilSaid(/HELD/);
    if (!isPlugin) await point.until?.(scene);
    const began = performance.now();
    await strike(fault, scene, engine);
    const { status, signal, stderr } = await run.outcome;
    const endedAfterMs = Math.round(performance.now() - began);
    if (fault === 'engine killed') await engine.restart();
    cable.resume();
    registry.clearRules();
    const collected = await project.run(['gc', '--json'], { env });
    const gc = JSON.parse(collected.stdout) as GcReport;
    const after = await contentsOf(engine);
    const left = leftBy(
      project,
      [...after].filter((each) => !before.has(each)),
      registry.host,
    );
    const taken = [...before].filter((each) => !after.has(each));
    return { status: signal ?? status, endedAfterMs, result: resultOf(project), gc, left, taken, stderr };
  } finally {
    clearTimeout(limit);
    project.remove();
    await Promise.all([cable.stop(), registry.stop(), git.stop()]);
  }
}

function leftBy(project: Project, added: readonly string[], registry: string): string[] {
  // The name that was asked for may stay; those that a run lent or made up may not.
  const isOurs = (each: string) =>
    !each.startsWith('name ') || each.includes('dock-base/') || each.startsWith(`name ${registry}/`);
  return [
    ...added.filter(isOurs),
    ...workDirectories(project),
    ...processesLeft(project),
    ...runDirectories(project)
      .map((each) => join(each, 'state.ndjson'))
      .filter((each) => existsSync(each)),
  ];
}

function resultOf(project: Project): BuildResult | undefined {
  const path = join(runDirectories(project).at(-1) ?? '', 'result.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BuildResult) : undefined;
}
