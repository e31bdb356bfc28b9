import type { FaultProxy, RegistryProxy } from '@dock/testing';
import type { StartedRun } from '../cases/started-run.js';

/** What a point can look at and take hold of. */
export interface Scene {
  /** In front of the engine. */
  readonly cable: FaultProxy;
  /** In front of the registry of the base image and of the target. */
  readonly registry: RegistryProxy;
  /** In front of the git server. */
  readonly git: FaultProxy;
  readonly run: StartedRun;
  /** Lets a held tap go that runs in the process of the run itself. */
  writeGo(): void;
  /** Lets a held tap go, wherever it runs. */
  release(): Promise<void>;
  /** Stops the engine inside a build container, where there is one; says whether there is. */
  freezeInnerEngine(): Promise<boolean>;
}

/** One of the twelve points of a run (design §2): how a run is made to stand still there. */
export interface Point {
  readonly name: string;
  readonly phase: string;
  /** The hook, and its stage, of a plugin that fails here; `import`: the config itself. */
  readonly hook: 'import' | 'source' | 'prebuild' | 'build' | 'prepublish' | 'postbuild' | 'push' | 'cleanup';
  readonly stage?: string;
  /** Held by a tap of that hook, or by the config, until it is let go; else by what `arm` does before the start. */
  readonly isHeldByTap?: boolean;
  readonly arm?: (scene: Pick<Scene, 'cable' | 'registry' | 'git'>) => void;
  /** Resolves when the run stands there. */
  readonly until?: (scene: Scene) => Promise<void>;
  readonly dockerfile?: string;
  readonly hasGate?: boolean;
  readonly hasBigContext?: boolean;
  readonly isGit?: boolean;
}

/** Ask until it is so, or the run ends without. @throws Error with what it said */
const poll = async ({ run }: Scene, isTrue: () => boolean) => {
  const ended = run.outcome.then(({ status, stderr }) => {
    throw new Error(`The run ended with ${String(status)} before it was where it should be: ${stderr.slice(-3000)}`);
  });
  ended.catch(() => undefined);
  while (!isTrue()) await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 20))]);
};
const faulted = async (scene: Scene) => poll(scene, () => scene.registry.requests.some(({ isFaulted }) => isFaulted));
const phase = (name: string) => async (scene: Scene) =>
  scene.run.untilSaid(new RegExp(`"phase.start","phase":"${name}"`));
const megabytes = 2 * 1024 ** 2;

/** Bytes that went to the engine. */
const sentBy = ({ connections }: FaultProxy) => connections.reduce((sum, { bytesToTarget }) => sum + bytesToTarget, 0);

/** The twelve points, in order. */
export const points: readonly Point[] = [
  { name: 'config', phase: 'config', hook: 'import', isHeldByTap: true },
  {
    name: 'endpoint',
    phase: 'endpoint',
    hook: 'source',
    arm: ({ cable }) => cable.stall(),
    until: async (scene) => poll(scene, () => scene.cable.connections.length > 0),
  },
  {
    name: 'source',
    phase: 'source',
    hook: 'source',
    isGit: true,
    arm: ({ git }) => git.stall(),
    until: phase('source'),
  },
  { name: 'prebuild', phase: 'prebuild', hook: 'prebuild', isHeldByTap: true },
  {
    name: 'base pull',
    phase: 'prebuild',
    hook: 'prebuild',
    stage: 'edit',
    arm: ({ registry }) => registry.addRule({ method: 'GET', path: /\/base\/blobs\//, stall: true }),
    until: faulted,
  },
  {
    name: 'context upload',
    phase: 'build',
    hook: 'build',
    hasBigContext: true,
    // Before the upload, so that all that is sent from then on is the context.
    isHeldByTap: true,
    until: async (scene) => {
      const { cable } = scene;
      if (await scene.freezeInnerEngine()) return scene.release();
      const before = sentBy(cable);
      cable.delayMs = 5;
      await scene.release();
      await poll(scene, () => sentBy(cable) > before + megabytes);
      cable.stall();
      cable.delayMs = 0;
      return undefined;
    },
  },
  {
    name: 'build step',
    phase: 'build',
    hook: 'build',
    dockerfile: 'RUN echo it-runs; sleep 600',
    until: async ({ run }) => run.untilSaid(/"step\.log".*it-runs/),
  },
  {
    name: 'prepublish',
    phase: 'prepublish',
    hook: 'prepublish',
    hasGate: true,
    until: async ({ run }) => run.untilSaid(/"gate-runs/),
  },
  { name: 'postbuild', phase: 'postbuild', hook: 'postbuild', isHeldByTap: true },
  {
    name: 'push transfer',
    phase: 'push',
    hook: 'push',
    stage: 'transfer',
    arm: ({ registry }) => registry.addRule({ method: 'PATCH', path: /\/target\//, stall: true }),
    until: faulted,
  },
  {
    name: 'push verify',
    phase: 'push',
    hook: 'push',
    stage: 'attest',
    arm: ({ registry }) => {
      for (const method of ['GET', 'HEAD']) registry.addRule({ method, path: /\/target\/.*manifests\//, stall: true });
    },
    until: faulted,
  },
  { name: 'cleanup', phase: 'cleanup', hook: 'cleanup', isHeldByTap: true },
];

/** A point by its name. @throws Error when there is none */
export function pointNamed(name: string): Point {
  const found = points.find((point) => point.name === name);
  if (found === undefined) throw new Error(`There is no point "${name}".`);
  return found;
}
