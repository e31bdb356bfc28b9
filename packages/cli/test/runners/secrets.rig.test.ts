import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  buildImage,
  listLeftovers,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  type SharedRigRegistry,
  startGitServer,
} from '@dock/testing';
import { sshKeys } from '../../../core/test/secrets/ssh-keys.js';
import { createProject, type Project } from '../run-dock.js';
import { askEngine, eventsOf, lookAtContainer } from './container-look.js';
import { withoutBridge } from './container-runners.js';
import { installPackedPlugin } from './packed-plugin.js';
import { expectNoSecret, expectShown, type Places, writtenForms } from './hidden-secrets.js';
import { startLookout } from './lookout.js';
import { pushedImage } from './pushed-image.js';

// Loading a build image, starting a build container and publishing it take long on a busy machine.
jest.setTimeout(900_000);

const unique = `secrets-${process.pid}-${Date.now().toString(36)}`;
const key = sshKeys[0].private;
const secrets = {
  git: 'g1t/pass+w0rd&x',
  build: 'build-s3cret~value/1',
  variable: 'v4riable+secret/2&y',
  ssh: key.split('\n')[3] ?? '',
};
/** What is no secret, and written wherever a secret could be: the search finds it there, or it has not looked. */
const purpose = 'sh0wn~on+purpose/3&z';
const shown = Object.values(writtenForms(purpose));
const lines = shown.map((form) => `echo '${form}' >> /made-here`).join(' && ');

let engine: SharedRigEngine;
let registry: SharedRigRegistry;
let project: Project;

beforeAll(async () => {
  engine = await sharedEngine();
  registry = await sharedRegistry({ auth: 'basic' });
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

async function waitFor(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(50);
}

/** A build image of the rig with labels that are shown on purpose. */
async function labelledBuildImage(reference: string, name: string): Promise<string> {
  const { Id: id } = (await askEngine(engine, 'POST', '/containers/create', { Image: reference })).json() as {
    readonly Id: string;
  };
  const labels = shown.map((form, index) => `&changes=${encodeURIComponent(`LABEL shown.${index}="${form}"`)}`);
  await askEngine(engine, 'POST', `/commit?container=${id}&repo=${name}&tag=1${labels.join('')}`);
  await askEngine(engine, 'DELETE', `/containers/${id}`);
  return `${name}:1`;
}

/** A config whose build image is not there. Its plugin writes what is shown, works with a variable that is secret, and waits while the test looks. */
const configOf = ({ factory, options }: { readonly factory: string; readonly options: string }, looks: string) => `
  import { spawn, spawnSync } from 'node:child_process';
  import { writeFileSync } from 'node:fs';
  import { defineConfig } from '@dock/core';
  import { greet } from 'dock-plugin-greet';
  import { ${factory} } from '@dock/runner-${factory === 'privileged' ? factory : 'host-docker'}';
  const shown = ${JSON.stringify(shown)};
  const look = async (when) => { await (await fetch('${looks}/' + when)).text(); };
  export default defineConfig({
    network: 'host',
    runner: ${factory}({ buildImage: 'nobody/has-this:1', network: 'host', passEnv: ['TOKEN'], keep: true, ${options} }),
    plugins: [{ name: 'p', apply(dock) {
      dock.hooks.prebuild.tap('p', async (spec, context) => {
        context.addSecret(process.env.TOKEN);
        for (const text of [process.env.TOKEN, ...shown]) { context.logger.info(text); console.log(text); }
        context.report([await greet('inside'), ...shown]);
        writeFileSync('/etc/shown', shown.join('\\n'));
        const env = Object.fromEntries(shown.map((form, index) => ['SHOWN_' + index, form]));
        const child = spawn('/bin/sh', ['-c', 'read line', 'sh', ...shown], { env, stdio: ['pipe', 'ignore', 'ignore'] });
        await look('prebuild');
        child.stdin.end();
        spawnSync('/bin/sh', ['-c', 'echo "from a child: $TOKEN"'], { stdio: 'inherit' });
        writeFileSync(process.env.TMPDIR + '/note', process.env.TOKEN);
      });
      dock.hooks.postbuild.tap('p', async () => look('postbuild'));
    } }],
  });`;

test.each([
  { method: 'host-docker', factory: 'hostDocker', hasEngine: false, options: '', flags: [] },
  {
    method: 'privileged',
    factory: 'privileged',
    hasEngine: true,
    options: `engineArgs: ${JSON.stringify(withoutBridge)},`,
    flags: ['--load'],
  },
])('of git, a registry, a build and a variable do their work with $method, and are nowhere', async (runner) => {
  const hidden: Record<string, string | Uint8Array> = {};
  const seen: Record<string, string | Uint8Array> = {};
  const files = (when: string): Places => {
    const runs = join(project.home, '.local/state/dock/runs');
    const [run = ''] = readdirSync(runs);
    const names = readdirSync(join(runs, run));
    return Object.fromEntries(names.map((name) => [`${when}: ${name}`, readFileSync(join(runs, run, name))]));
  };
  const look = async (when: string): Promise<void> => {
    // What comes before it on the way to the host is there too: the secret of the plugin.
    if (when === 'prebuild')
      await waitFor(() => String(files(when)['prebuild: events.ndjson']).includes(shown.at(-1) ?? ''));
    const [runId = ''] = readdirSync(join(project.home, '.local/state/dock/runs'));
    const [container = ''] = (await listLeftovers(engine, runId)).containers;
    const places = await lookAtContainer(engine, container);
    const { home, files: own, ...always } = places;
    Object.assign(hidden, files(when), { [`${when}: arguments`]: always.arguments, [`${when}: home`]: home });
    for (const [place, text] of Object.entries(always)) hidden[`${when}: ${place}`] = text;
    for (const place of ['container', 'job', 'bundle', 'events'] as const) seen[`${when}: ${place}`] = always[place];
    // While git runs, its password is in a private file; a variable is where the plugin puts it.
    if (when !== 'prebuild') return;
    hidden[`${when}: files`] = own;
    for (const place of ['arguments', 'environments', 'files'] as const) seen[`${when}: ${place}`] = places[place];
    seen[`${when}: events.ndjson`] = files(when)[`${when}: events.ndjson`] ?? '';
  };
  const server = await startGitServer({ auth: { username: 'robot', password: secrets.git } });
  const looks = await startLookout(look);
  const gitLooks = await startLookout(look, server.url);
  try {
    const own = `${unique}/${runner.method}`;
    const base = await baseImage(registry, { name: `${own}/base:1`, files: { '/base': shown.join('\n') } });
    const repository = await server.createRepository(runner.method, {
      Dockerfile: `FROM ${base.reference}\nRUN --mount=type=ssh,id=deploy,required=true test -S "$SSH_AUTH_SOCK"\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size && ${lines}\n`,
    });
    const plain = (await buildImage(engine, { engine: runner.hasEngine })).reference;
    const image = await labelledBuildImage(plain, `${own}/build-image`);
    mkdirSync(join(project.home, '.docker'));
    writeFileSync(join(project.home, '.docker', 'config.json'), JSON.stringify(registry.dockerConfig()));
    writeFileSync(join(project.home, 'deploy-key'), key);
    await installPackedPlugin(project.directory);
    project.write({ 'dock.config.ts': configOf(runner, looks.url) });
    const url = repository.url
      .replace(server.url, gitLooks.url)
      .replace('://', `://robot:${encodeURIComponent(secrets.git)}@`);
    const name = `${registry.host}/${own}/private:1`;
    const labels = shown.flatMap((form, index) => ['--label', `shown.${index}=${form}`]);
    const { status, stdout, stderr } = await project.run(
      [
        ...['build', url, '--method', runner.method, '--build-image', image, ...runner.flags, '--tag', name, '--push'],
        ...['--push-buildroot-to', registry.host, '--secret', 'id=token,env=BUILD_TOKEN', ...labels],
        ...['--ssh', `deploy=${join(project.home, 'deploy-key')}`],
        ...['--json', '--progress', 'rawjson'],
      ],
      { env: { DOCKER_HOST: engine.host, TOKEN: secrets.variable, BUILD_TOKEN: secrets.build } },
    );
    const result = JSON.parse(stdout) as BuildResult;
    expect([status, result.error, looks.fault(), gitLooks.fault()]).toEqual([0, undefined, undefined, undefined]);
    expect(result.runner).toBe(runner.method);
    expect(result.plugins).toContainEqual(
      expect.objectContaining({ plugin: 'p', value: ['good day inside', ...shown] }),
    );
    expect(result.published).toMatchObject([{ name, isVerified: true }]);
    expect(result.buildroot?.name).toMatch(
      new RegExp(`^${registry.host}/buildroot-${own}/private:\\d{4}(?:-\\d\\d){5}$`),
    );

    const [container = ''] = (await listLeftovers(engine, result.runId)).containers;
    const get = async (path: string) => (await askEngine(engine, 'GET', path)).text;
    const kept = await get(`/containers/${container}/json`);
    // So that gc leaves it alone.
    expect(JSON.parse(kept)).toMatchObject({ Config: { Labels: { 'io.dock.keep': '1' } } });
    Object.assign(seen, {
      'standard output': stdout,
      'standard error': stderr,
      ...files('afterwards'),
      'kept container': kept,
      'events of the engine': await eventsOf(engine, container),
      image: await get(`/images/${name}/json`),
      'history of the image': await get(`/images/${name}/history`),
      'archive of the image': await get(`/images/${name}/get`),
    });
    for (const [what, pushed] of [
      ['image', result.published[0]],
      ['buildroot', result.buildroot],
    ] as const) {
      const { manifest, configuration, layers } = await pushedImage(registry, pushed);
      hidden[`manifest of the pushed ${what}`] = manifest;
      seen[`configuration of the pushed ${what}`] = configuration;
      layers.forEach((layer, index) => {
        const places = index === layers.length - 1 ? seen : hidden;
        places[`layer ${index} of the pushed ${what}`] = layer;
      });
    }
    expect(stderr).toContain('"from a child: ***"');
    expectShown(seen, purpose);
    expectNoSecret({ ...hidden, ...seen }, { ...secrets, registry: registry.password });
    expect(Object.keys(hidden)).toEqual(
      expect.arrayContaining(['git: arguments', 'git: state.ndjson', 'postbuild: environments']),
    );
    expect(hidden['git: arguments']).toMatch(/entry\.cjs[^]*git-remote-http|git-remote-http[^]*entry\.cjs/);

    await askEngine(engine, 'DELETE', `/containers/${container}?force=1&v=1`);
    for (const each of [name, image])
      await askEngine(engine, 'DELETE', `/images/${encodeURIComponent(each)}?noprune=1`);
    expect(await listLeftovers(engine, result.runId)).toEqual({ containers: [], volumes: [], networks: [] });
  } finally {
    await Promise.all([server.stop(), looks.stop(), gitLooks.stop()]);
  }
});
