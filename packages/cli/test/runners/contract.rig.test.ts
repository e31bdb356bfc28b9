import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { BuildResult, DockEvent } from '@dock/core';
import {
  engineKinds,
  baseImage,
  buildImage,
  listLeftovers,
  type RigImage,
  sharedEngine,
  type SharedRigEngine,
  type SharedRigRegistry,
  sharedRegistry,
} from '@dock/testing';
import { createProject, type Project } from '../run-dock.js';
import { type ContainerRunner, containerRunners, type EngineKind } from './container-runners.js';
import { normaliseEvents, normaliseResult } from './normalise.js';

// Loading a build image and starting a build container take long on a busy machine.
jest.setTimeout(600_000);

const unique = `contract-${process.pid}-${Date.now().toString(36)}`;

/** One build: what the Dockerfile says after FROM, and the members of the config beside runner and image. */
interface Scenario {
  readonly name: string;
  readonly dockerfile: string;
  readonly config: string;
  readonly exitStatus: number;
  readonly error?: string;
  /** File and line of the plugin's own source that the error names. */
  readonly place?: RegExp;
}

const kinds: readonly EngineKind[] = engineKinds();

const plugin = (hook: string, body: string) =>
  `{ name: 'own', apply({ hooks }) { hooks.${hook}.tap('own', ${body}); } }`;

const scenarios: readonly Scenario[] = [
  {
    name: 'a build that is tested, described and published',
    dockerfile: 'RUN echo "grüße" && echo again >&2 && echo hello > /hello',
    config: `plugins: [pullBase(), ${plugin(
      'prebuild',
      `(spec, context) => {
        context.report({ greeting: process.env.GREETING, directory: context.checkout.contextDir });
        context.warn('mind the gap', { hint: 'step over it' });
        context.logger.info('building ' + context.runId.length);
        return { ...spec, labels: { ...spec.labels, greeting: process.env.GREETING } };
      }`,
    )}, test({ command: ['cat', '/hello'], network: 'none' }), push(), inspect()],`,
    exitStatus: 0,
  },
  {
    name: 'a step that fails',
    dockerfile: 'RUN echo before && exit 3',
    config: 'plugins: [pullBase()],',
    exitStatus: 1,
    error: 'BUILD_STEP_FAILED',
  },
  {
    name: 'a gate that says no',
    dockerfile: 'RUN echo gate',
    config: "plugins: [pullBase(), test({ command: ['false'], network: 'none' }), push()],",
    exitStatus: 1,
    error: 'GATE_FAILED',
  },
  {
    name: 'a plugin that throws, beside an optional one',
    dockerfile: 'RUN echo plugin',
    config: `plugins: [pullBase(), { ...${plugin('prebuild', "() => { throw new Error('first'); }")}, name: 'lenient', optional: true }, ${plugin(
      'postbuild',
      "() => { throw new TypeError('broken'); }",
    )}],`,
    exitStatus: 5,
    error: 'PLUGIN_FAILED',
    place: /dock\.config\.\w+:\d+/,
  },
  {
    name: 'a Dockerfile that does not parse',
    dockerfile: 'RUNN echo',
    config: 'plugins: [],',
    exitStatus: 1,
    error: 'DOCKERFILE_SYNTAX',
  },
];

/** Whose engine builds by itself starts that engine for each run, and all of them start the same one: one engine sees every scenario, the others those whose image matters. */
function scenariosOf({ innerEngine }: ContainerRunner, kind: EngineKind): readonly Scenario[] {
  return innerEngine === undefined || isSameKind(innerEngine, kind) ? scenarios : scenarios.slice(0, 2);
}

const isSameKind = (one: EngineKind, other: EngineKind) => one.version === other.version && one.store === other.store;

let registry: SharedRigRegistry;
let base: RigImage;
let project: Project;

beforeAll(async () => {
  // One for all runs: where the source lies is in the result.
  project = createProject();
  registry = await sharedRegistry();
  // Layers of its own: BuildKit joins equal steps of builds beside each other, and names them as the other build does.
  base = await baseImage(registry, { name: `${unique}/base:1`, files: { '/base': unique } });
});
afterAll(() => project.remove());

/** What the runner here makes of each scenario on each engine: asked once, compared with every other. */
const known = new Map<string, ReturnType<typeof run>>();
function runHere(scenario: Scenario, kind: EngineKind): ReturnType<typeof run> {
  const key = `${scenario.name}, ${kind.version} ${kind.store}`;
  const outcome = known.get(key) ?? sharedEngine(kind).then((engine) => run(scenario, engine, '', ''));
  known.set(key, outcome);
  return outcome;
}

async function run(scenario: Scenario, engine: SharedRigEngine, runner: string, imports: string) {
  project.write({
    'context/Dockerfile': `FROM ${base.reference}\n${scenario.dockerfile}\n`,
    'dock.config.ts': `
      import { defineConfig } from '@dock/core';
      import { inspect } from '@dock/plugin-inspect';
      import { pullBase } from '@dock/plugin-pull-base';
      import { push } from '@dock/plugin-push';
      import { test } from '@dock/plugin-test';
      ${imports}
      export default defineConfig({
        source: 'context',
        image: '${registry.host}/${unique}/app:1',
        network: 'host',
        noCache: true,
        ${runner}
        ${scenario.config}
      });`,
  });
  const { status, stdout, stderr } = await project.run(['build', '--json', '--progress', 'rawjson'], {
    env: { DOCKER_HOST: engine.host, GREETING: 'hello' },
  });
  const events = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DockEvent);
  return { status, result: JSON.parse(stdout) as BuildResult, events };
}

describe.each(kinds)('the runners on Engine $version with the $store store', (kind) => {
  let engine: SharedRigEngine;

  beforeAll(async () => {
    engine = await sharedEngine(kind);
  });

  describe.each(containerRunners)('$method', (runner) => {
    test.each(scenariosOf(runner, kind))('$name is the same as here', async (scenario) => {
      const { method, config, imports, image } = runner;
      // An engine inside is not the one outside: what it builds is compared with what its like builds.
      const there = await runHere(scenario, runner.innerEngine ?? kind);
      const { reference } = await buildImage(engine, image);
      const inside = await run(scenario, engine, `runner: ${config(reference)},`, imports);
      expect([there.status, there.result.error?.code]).toEqual([scenario.exitStatus, scenario.error]);
      expect(inside.result.runner).toBe(method);
      const { place = '' } = (inside.result.error?.details ?? {}) as { readonly place?: string };
      expect(place).toMatch(scenario.place ?? /^$/);
      expect(normaliseResult(inside.result)).toEqual(normaliseResult(there.result));
      expect(normaliseEvents(inside.events)).toEqual(normaliseEvents(there.events));
      expect(inside.status).toBe(there.status);
      expect(inside.events.map(({ seq }) => seq)).toEqual(inside.events.map((_, index) => index + 1));
      expect(await listLeftovers(engine, inside.result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
    });
  });
});
