import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  engineRequest,
  listLeftovers,
  type RigEngine,
  type SharedRigRegistry,
  sharedGitServer,
  startFaultProxy,
  startRegistryProxy,
} from '@dock/testing';
import type { GcReport } from '../../../api/src/index.js';
import { createProject, type Project } from '../../../cli/test/run-dock.js';
import { runDirectories, startRun, workDirectories } from '../cases/started-run.js';
import type { Fault } from './faults.js';
import type { Point } from './points.js';
import { writeProject } from './write-project.js';

/** What one run of the matrix came to. */
export interface CellOutcome {
  readonly status: number | string | null;
  /** From the fault to the end of the process, ms. */
  readonly endedAfterMs: number;
  /** The result file, after gc. */
  readonly result: BuildResult | undefined;
  readonly gc: GcReport;
  /** What is left after gc: containers, volumes, networks, names that dock lent or made up, work directories, state files. */
  readonly left: readonly string[];
  readonly stderr: string;
}

/** Bring a run to a point, let the fault happen, and collect what is left. */
export async function runCell(
  engine: RigEngine,
  registryService: SharedRigRegistry,
  point: Point,
  fault: Fault,
): Promise<CellOutcome> {
  const id = `m${process.pid}-${Date.now().toString(36)}`;
  const server = await sharedGitServer();
  const { hostname, port } = new URL(server.url);
  const [cable, registry, git] = await Promise.all([
    startFaultProxy({ target: engine }),
    startRegistryProxy({ target: registryService.host }),
    startFaultProxy({ target: { host: hostname, port: Number(port) } }),
  ]);
  const project = createProject();
  try {
    // A base of its own each time: an engine that has it does not pull.
    await baseImage(registryService, { name: `${id}/base:1`, files: { '/salt': id } });
    const base = `${registry.host}/${id}/base:1`;
    const repository = await server.createRepository(id, { Dockerfile: `FROM ${base}\n` });
    const gitUrl = repository.url.replace(`:${port}/`, `:${new URL(git.url.replace('tcp:', 'http:')).port}/`);
    const before = await containersOf(engine);
    writeProject(project, point, fault, { base, target: `${registry.host}/${id}/target`, gitUrl });
    const isPlugin = fault.startsWith('plugin');
    const labelled = async () => (await listLeftovers(engine)).containers;
    if (!isPlugin) point.arm?.({ cable, registry, git, labelled }, id);
    const env = { DOCKER_HOST: cable.url };
    const run = startRun(project, ['build', '--progress', 'rawjson', '--json'], { env });
    const scene = { cable, registry, git, run, labelled };
    if (!isPlugin) await (point.isHeldByTap === true ? run.untilSaid(/HELD/) : point.until?.(scene));
    const began = performance.now();
    await strike(fault, scene, engine, project);
    const { status, signal, stderr } = await run.outcome;
    const endedAfterMs = Math.round(performance.now() - began);
    if (fault === 'engine killed') await engine.restart();
    cable.resume();
    registry.clearRules();
    const collected = await project.run(['gc', '--json'], { env });
    const gc = JSON.parse(collected.stdout) as GcReport;
    const left = await leftBy(engine, project, before, registry.host);
    return { status: signal ?? status, endedAfterMs, result: resultOf(project), gc, left, stderr };
  } finally {
    project.remove();
    await Promise.all([cable.stop(), registry.stop(), git.stop()]);
  }
}

type Struck = Parameters<NonNullable<Point['until']>>[0];

async function strike(fault: Fault, scene: Struck, engine: RigEngine, project: Project): Promise<void> {
  const { cable, registry, git, run } = scene;
  if (fault === 'SIGINT' || fault === 'SIGTERM') run.child.kill(fault);
  if (fault === 'kill -9') run.child.kill('SIGKILL');
  if (fault === 'engine unreachable') cable.cut({ refuseNew: true });
  if (fault === 'engine killed') {
    await engine.kill();
    cable.resume();
  }
  // What held the run is let go, so that it meets its engine.
  if (fault.startsWith('engine')) {
    registry.clearRules();
    git.resume();
    project.write({ go: '' });
  }
}

async function containersOf(engine: RigEngine): Promise<readonly string[]> {
  const all = (await engineRequest(engine.socketPath, 'GET', '/containers/json?all=1')).json() as { Id: string }[];
  return all.map(({ Id }) => Id);
}

async function leftBy(engine: RigEngine, project: Project, before: readonly string[], host: string): Promise<string[]> {
  const { volumes, networks } = await listLeftovers(engine);
  const containers = (await containersOf(engine)).filter((each) => !before.includes(each));
  const images = (await engineRequest(engine.socketPath, 'GET', '/images/json')).json() as {
    RepoTags: string[] | null;
  }[];
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  return [
    ...containers.map((each) => `container ${each}`),
    ...volumes.map((each) => `volume ${each}`),
    ...networks.map((each) => `network ${each}`),
    ...names.filter((name) => name.includes('dock-base/') || name.startsWith(`${host}/`)),
    ...workDirectories(project),
    ...runDirectories(project)
      .map((each) => join(each, 'state.ndjson'))
      .filter((each) => existsSync(each)),
  ];
}

function resultOf(project: Project): BuildResult | undefined {
  const path = join(runDirectories(project).at(-1) ?? '', 'result.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BuildResult) : undefined;
}
