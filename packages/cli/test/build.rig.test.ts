import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult, DockEvent } from '@dock/core';
import {
  engineKinds,
  baseImage,
  engineRequest,
  type RigImage,
  type RigRepository,
  sharedEngine,
  sharedGitServer,
  type SharedRigEngine,
  type SharedRigRegistry,
  sharedRegistry,
} from '@dock/testing';
import { createProject, dockBinary, outcomeOf, type Project } from './run-dock.js';
import { skopeo } from './skopeo.js';

const unique = `cli-${process.pid}-${Date.now().toString(36)}`;
let registry: SharedRigRegistry;
let base: RigImage;
let repository: RigRepository;
let project: Project;

beforeAll(async () => {
  registry = await sharedRegistry();
  base = await baseImage(registry, { name: `${unique}/busybox:1` });
  repository = await (await sharedGitServer()).createRepository(unique, {
    Dockerfile: `FROM ${base.reference}\nARG GREETING=hi\nRUN echo "$GREETING from ${unique}" > /hello\nCMD ["cat", "/hello"]\n`,
    'sub/Dockerfile': `FROM ${base.reference}\nLABEL where=sub\n`,
  });
});
beforeEach(() => {
  project = createProject();
});
afterEach(() => project.remove());

async function imageExists(engine: SharedRigEngine, name: string): Promise<boolean> {
  return (await engineRequest(engine.socketPath, 'GET', `/images/${name}/json`)).status === 200;
}

describe.each(engineKinds().map(({ version, store }) => [version, store] as const))(
  'dock build on Engine %s with the %s store',
  (version, store) => {
    let engine: SharedRigEngine;
    beforeAll(async () => {
      engine = await sharedEngine({ version, store });
    });

    test('turns a git repository into two repositories of a registry, with the digests that skopeo sees', async () => {
      const names = ['a', 'b'].map((name) => `${registry.host}/${unique}/${version}-${store}/${name}:1`);
      const args = [
        'build',
        repository.url,
        '--network',
        'host',
        '--push',
        '--iidfile',
        'iid',
        '--metadata-file',
        'm.json',
      ];
      const { status, stdout, stderr } = await project.run([...args, ...names.flatMap((name) => ['-t', name])], {
        env: { DOCKER_HOST: engine.host },
      });
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      const metadata = JSON.parse(readFileSync(join(project.directory, 'm.json'), 'utf8')) as BuildResult &
        Record<string, string>;
      const [id, ...published] = stdout.trim().split('\n');
      expect(id).toBe(metadata.image?.id);
      expect(readFileSync(join(project.directory, 'iid'), 'utf8')).toBe(id);
      for (const name of names) {
        const seen = await skopeo(name);
        expect(published).toContain(`${name}@${seen.digest}`);
        expect(metadata.published.find((image) => image.name === name)).toMatchObject({
          digest: seen.digest,
          configDigest: seen.config,
          isVerified: true,
        });
        expect(metadata['containerimage.digest']).toBe(seen.digest);
        expect(metadata['containerimage.config.digest']).toBe(seen.config);
        expect(metadata['image.name']).toContain(name);
      }
      expect(stderr).toMatch(/^#\d+ \[source\] http/m);
      expect(stderr).toMatch(/^#\d+ \[push\] /m);
    });
  },
);

describe('dock build', () => {
  let engine: SharedRigEngine;
  let env: Record<string, string>;
  beforeAll(async () => {
    engine = await sharedEngine();
    env = { DOCKER_HOST: engine.host };
  });

  const dockerfile = (text: string) =>
    project.write({ 'context/Dockerfile': `FROM ${base.reference} AS first\n${text}\n` });

  test('takes a Dockerfile from standard input, with the files of a directory or with none', async () => {
    project.write({ 'context/file': 'of the context\n', 'context/.dockerignore': '-\n' });
    const build = async (args: readonly string[], text: string) => {
      const child = spawn(
        process.execPath,
        [dockBinary, 'build', ...args, '--progress', 'plain', '--network', 'host'],
        {
          cwd: project.directory,
          env: project.env(env),
        },
      );
      child.stdin.end(`FROM ${base.reference}\n${text}\n`);
      return outcomeOf(child);
    };
    const withFiles = await build(['context', '-f', '-'], `COPY file /\nRUN echo "${unique}-1: $(cat /file)"`);
    expect([withFiles.status, withFiles.stderr]).toEqual([0, expect.stringContaining(`${unique}-1: of the context`)]);
    const alone = await build(['-'], `COPY . /in\nRUN echo "${unique}-2: $(ls -A /in)."`);
    expect([alone.status, alone.stderr]).toEqual([0, expect.stringContaining(`${unique}-2: .`)]);
  });

  test('obeys the environment and the config of docker', async () => {
    // Engine 20.10 gives no image the time of SOURCE_DATE_EPOCH.
    const newer = await sharedEngine({ version: '26' });
    project.write({
      'context/Dockerfile': `FROM ${base.reference}\nRUN echo "${unique} $http_proxy|$NO_PROXY"\n`,
      'docker/config.json': '{"proxies":{"default":{"httpProxy":"http://proxy.example:3128","noProxy":".corp"}}}',
    });
    const { status, stdout, stderr } = await project.run(
      ['build', 'context', '--progress', 'plain', '--network', 'host'],
      {
        env: {
          DOCKER_HOST: newer.host,
          DOCKER_CONFIG: join(project.directory, 'docker'),
          SOURCE_DATE_EPOCH: '1000000000',
        },
      },
    );
    expect([status, stderr]).toEqual([0, expect.stringContaining(`${unique} http://proxy.example:3128|.corp`)]);
    const image = await engineRequest(newer.socketPath, 'GET', `/images/${stdout.trim()}/json`);
    expect(image.json()).toMatchObject({ Created: expect.stringMatching(/^2001-09-09T01:46:40/) });
  });

  test('builds for the platform of the environment', async () => {
    project.write({ 'context/dockerfile': 'FROM scratch\nCOPY dockerfile /\n' });
    const { status, stdout, stderr } = await project.run(['build', 'context', '--compress', '--rm', '--load'], {
      env: { ...env, DOCKER_DEFAULT_PLATFORM: 'arm64' },
    });
    expect([status, stderr]).toEqual([0, expect.stringContaining('"--compress" changes nothing')]);
    const image = await engineRequest(engine.socketPath, 'GET', `/images/${stdout.trim()}/json`);
    expect(image.json()).toMatchObject({ Architecture: 'arm64' });
  });

  test('names the image with --tag, and publishes nothing', async () => {
    dockerfile('LABEL a=b');
    const name = `${registry.host}/${unique}/local:1`;
    const { status, stdout } = await project.run(['build', 'context', '-t', name, '--quiet'], { env });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    expect(await imageExists(engine, name)).toBe(true);
    // Others use the registry too.
    expect(registry.requests().filter(({ path }) => path.includes(`/${unique}/local/`))).toEqual([]);
  });

  test('takes the flags of docker users', async () => {
    dockerfile(
      'ARG A\nARG B\nRUN test "$A$B" = "1two" && grep -q extra.host /etc/hosts\nFROM nowhere.invalid/x AS other',
    );
    const args = ['--build-arg', 'A=1', '--build-arg', 'B', '--label', 'x=y', '--network', 'host', '--no-cache=true'];
    const more = [
      '--add-host',
      'extra.host:127.0.0.9',
      '--target',
      'first',
      '-f',
      'context/Dockerfile',
      '--pull=false',
    ];
    const { status, stderr, stdout } = await project.run(['build', ...args, ...more, 'context', '--json'], {
      env: { ...env, B: 'two' },
    });
    expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
    const result = JSON.parse(stdout) as BuildResult;
    const answer = await engineRequest(engine.socketPath, 'GET', `/images/${result.image?.id}/json`);
    expect((answer.json() as { Config: { Labels: unknown } }).Config.Labels).toMatchObject({ x: 'y' });
  });

  test('builds the sub-directory and commit of a git URL', async () => {
    const head = await repository.head();
    const { status, stdout } = await project.run(['build', `${repository.url}#main:sub`, '--json'], { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      source: { kind: 'git', git: { commit: head } },
      publishedState: 'none',
    });
  });

  test('runs the pipeline of a config, and a gate that says no keeps the registry as it was', async () => {
    const name = `${registry.host}/${unique}/gated:1`;
    const config = (command: string) => ({
      'dock.config.ts': `
        import { defineConfig } from '@dock/cli';
        import { push } from '@dock/plugin-push';
        import { test } from '@dock/plugin-test';
        export default defineConfig({ source: 'context', image: '${name}',
          plugins: [test({ command: ['${command}'], network: 'none' }), push()] });`,
    });
    dockerfile('LABEL gate=1');
    project.write(config('false'));
    const stopped = await project.run(['build', '--json'], { env });
    expect(stopped.status).toBe(1);
    expect(JSON.parse(stopped.stdout)).toMatchObject({ publishedState: 'none', error: { code: 'GATE_FAILED' } });
    await expect(skopeo(name)).rejects.toThrow(/unknown/);
    project.write(config('true'));
    const passed = await project.run(['build', '--json'], { env });
    expect(passed.status).toBe(0);
    const result = JSON.parse(passed.stdout) as BuildResult;
    expect(result.published[0]?.digest).toBe((await skopeo(name)).digest);
    expect(passed.stderr).toMatch(/#(\d+) \[prepublish\] test\n(?:#\1 [\d.]+ .*\n)*#\1 DONE/);
  });

  test('--no-push wins over a config that pushes', async () => {
    dockerfile('LABEL no=push');
    const name = `${registry.host}/${unique}/never:1`;
    const result = await project.run(
      ['build', 'context', '-t', name, '--push', '--no-push', '--target-registry', registry.host, '--json'],
      { env },
    );
    expect(result.status).toBe(0);
    expect(JSON.parse(result.stdout)).toMatchObject({ publishedState: 'none', published: [] });
    await expect(skopeo(name)).rejects.toThrow(/unknown/);
  });

  test('writes the event stream with --progress rawjson, without gaps', async () => {
    dockerfile('LABEL raw=json');
    const { status, stderr } = await project.run(['build', 'context', '--progress', 'rawjson'], { env });
    expect(status).toBe(0);
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as DockEvent);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.at(0)?.type).toBe('run.start');
    expect(events.at(-1)).toMatchObject({ type: 'run.end', status: 'ok' });
  });

  test('shows no control sequence of a build, and no command that a CI system would obey', async () => {
    dockerfile(
      `RUN printf '\\033]0;title\\007\\033[31mred\\033[2J\\n::set-output name=x::y\\n##vso[task]z\\n' && exit 4`,
    );
    const { status, stderr } = await project.run(['build', 'context', '--network', 'host', '--no-cache'], {
      env: { ...env, CI: 'true' },
    });
    expect(status).toBe(1);
    expect(stderr).toContain('red');
    // oxlint-disable-next-line no-control-regex -- the absence of controls is what is tested
    expect(stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
    expect(stderr).not.toMatch(/^\s*::/m);
    expect(stderr).not.toContain('##vso[task]z\n');
  });

  const failures: [string, string, number, string, RegExp][] = [
    ['a RUN that fails', 'RUN echo one; echo two >&2; exit 3', 1, 'BUILD_STEP_FAILED', /exit code:? 3|code 3/],
    ['a Dockerfile that does not parse', 'RUNN x', 1, 'DOCKERFILE_SYNTAX', /RUNN/i],
    ['a base that does not exist', 'FROM 127.0.0.1:1/none:1', 3, 'REGISTRY_UNREACHABLE', /127\.0\.0\.1:1/],
  ];
  test.each(failures)('%s has its status, code and reason', async (_, text, status, code, message) => {
    dockerfile(text);
    const args = ['build', 'context', '--network', 'host', '--no-cache'];
    const plain = await project.run(args, { env });
    const json = await project.run([...args, '--json'], { env });
    expect([plain.status, json.status]).toEqual([status, status]);
    expect(plain.stdout).toBe('');
    expect(plain.stderr).toContain(`error ${code}: `);
    expect(plain.stderr).toMatch(message);
    expect(plain.stderr).toMatch(/ {2}log: .*events\.ndjson/);
    const result = JSON.parse(json.stdout) as BuildResult;
    expect(result.error?.code).toBe(code);
    const kept = join(project.home, '.local/state/dock/runs', result.runId);
    expect(readdirSync(kept).sort()).toEqual(expect.arrayContaining(['events.ndjson', 'result.json']));
  });

  test('shows the last 20 lines of the step that failed', async () => {
    dockerfile('RUN for i in $(seq 1 30); do echo "line $i"; done; exit 1');
    const { stderr } = await project.run(['build', 'context', '--network', 'host', '--progress', 'none'], { env });
    const shown = stderr.match(/^ {4}\| line \d+$/gm) ?? [];
    expect(shown).toEqual(Array.from({ length: 20 }, (_, index) => `    | line ${index + 11}`));
  });

  test.each([
    ['a directory that does not exist', ['nope'], 2, 'SOURCE_NOT_FOUND'],
    ['a directory without a Dockerfile', ['.'], 2, 'DOCKERFILE_NOT_FOUND'],
    ['a name that breaks the grammar', ['.', '-t', 'Foo/bar:tag!'], 2, 'INVALID_IMAGE_NAME'],
    ['a git URL that runs programs', ['ext::sh -c "touch marker"'], 2, 'INVALID_GIT_URL'],
    ['a registry without a name', ['.', '--target-registry', 'r.example.com'], 2, 'USAGE'],
  ])('%s is refused before anything is built', async (_, args, status, code) => {
    const run = await project.run(['build', ...args, '--json', '--progress', 'none'], { env });
    expect(run.status).toBe(status);
    expect(JSON.parse(run.stdout)).toMatchObject({ error: { code }, publishedState: 'none' });
    expect(existsSync(join(project.directory, 'marker'))).toBe(false);
  });

  test('keeps the image after a push that failed, and dock push publishes it without a rebuild', async () => {
    dockerfile('LABEL push=later');
    const name = `${unique}/later:1`;
    const built = await project.run(['build', 'context', '-t', name, '-q'], { env });
    const id = built.stdout.trim();
    const refused = await project.run(['push', id, '-t', `127.0.0.1:1/${name}`, '--json'], { env });
    expect(refused.status).toBe(3);
    expect(JSON.parse(refused.stdout)).toMatchObject({ publishedState: 'none', error: { retryable: true } });
    expect(await imageExists(engine, id)).toBe(true);
    const pushed = await project.run(['push', id, '-t', `${registry.host}/${name}`], { env });
    expect(pushed.status).toBe(0);
    expect(pushed.stdout.split('\n')).toEqual([
      id,
      `${registry.host}/${name}@${(await skopeo(`${registry.host}/${name}`)).digest}`,
      '',
    ]);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s cancels the run, cleans up and exits with %i', async (signal, status) => {
    dockerfile('RUN sleep 60');
    const child = project.start(['build', 'context', '--network', 'host', '--json', '--progress', 'rawjson'], { env });
    const outcome = outcomeOf(child);
    await untilOutput(child, /"type":"step\.start".*sleep 60/);
    const began = performance.now();
    child.kill(signal);
    const { status: got, stdout } = await outcome;
    expect(got).toBe(status);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' }, exitStatus: status });
    expect(checkouts(project)).toEqual([]);
  });

  test('ends at once at the third signal, with a result that says what may be left', async () => {
    project.write({
      'dock.config.mjs': `export default { source: 'context', plugins: [{ name: 'deaf', apply(dock) {
        dock.hooks.prebuild.tap('deaf', () => new Promise((resolve) => setTimeout(resolve, 60_000)));
        dock.hooks.cleanup.tap('deaf', () => new Promise((resolve) => setTimeout(resolve, 9_000)));
      } }] };`,
    });
    dockerfile('LABEL deaf=1');
    const child = project.start(['build', '--json', '--progress', 'rawjson'], { env });
    const outcome = outcomeOf(child);
    await untilOutput(child, /"type":"plugin\.start","plugin":"deaf","hook":"prebuild"/);
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 300));
    child.kill('SIGINT');
    const { status, stdout } = await outcome;
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'cancelled',
      error: { hint: expect.stringContaining('io.dock.run=') },
    });
  });

  const faults: [string, string, number, string][] = [
    ['ends the process', 'process.exit(0)', 70, 'INTERNAL'],
    [
      'leaves a rejection to nobody',
      'Promise.reject(new Error("stray")); return new Promise(() => undefined)',
      70,
      'INTERNAL',
    ],
    [
      'throws from a timer',
      'setTimeout(() => { throw new Error("late") }); return new Promise(() => undefined)',
      70,
      'INTERNAL',
    ],
    ['throws', 'throw new Error("broken")', 5, 'PLUGIN_FAILED'],
  ];
  test.each(faults)('a plugin that %s has a status, one document and a result file', async (_, body, status, code) => {
    project.write({
      'dock.config.mjs': `export default { source: 'context', plugins: [{ name: 'faulty', apply(dock) {
        dock.hooks.prebuild.tap('faulty', () => { console.log('noise'); ${body} });
      } }] };`,
    });
    dockerfile('LABEL faulty=1');
    const run = await project.run(['build', '--json'], { env });
    expect(run.status).toBe(status);
    const result = JSON.parse(run.stdout) as BuildResult;
    expect(result.error).toMatchObject({ code });
    // Only what a tap throws itself is known to be its doing.
    expect(result.error?.plugin).toBe(status === 5 ? 'faulty' : undefined);
    expect(run.stderr).toContain('noise');
    expect(checkouts(project)).toEqual([]);
    expect(existsSync(join(project.home, '.local/state/dock/runs', result.runId, 'result.json'))).toBe(true);
  });

  test('a plugin that ends the process after the build loses neither the image nor the log', async () => {
    project.write({
      'dock.config.mjs': `export default { source: 'context', plugins: [{ name: 'exit', apply(dock) {
        dock.hooks.prepublish.tap('exit', () => process.exit(0));
      } }] };`,
    });
    dockerfile('LABEL exit=1');
    const { status, stdout } = await project.run(['build', '--json'], { env });
    expect(status).toBe(70);
    const result = JSON.parse(stdout) as BuildResult;
    expect(result).toMatchObject({
      error: { code: 'INTERNAL', phase: 'prepublish' },
      image: { id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
      logFile: expect.stringMatching(/events\.ndjson$/),
    });
    const saved = join(project.home, '.local/state/dock/runs', result.runId, 'result.json');
    expect(JSON.parse(readFileSync(saved, 'utf8'))).toMatchObject({ image: result.image });
  });

  test('a reader that goes away is no error', async () => {
    dockerfile('LABEL pipe=1');
    const child = project.start(['build', 'context', '--json', '--progress', 'none'], { env });
    child.stdout?.destroy();
    const [status] = (await once(child, 'exit')) as [number];
    expect(status).toBe(0);
  });
});

/** What a run left in the directory of checkouts. */
function checkouts({ home }: Project): string[] {
  return readdirSync(join(home, '..', `dock-${process.getuid?.() ?? 'user'}`));
}

async function untilOutput(child: ReturnType<Project['start']>, pattern: RegExp): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (text: string) => {
      seen += text;
      if (pattern.test(seen)) resolve();
    });
    child.once('exit', () => reject(new Error(`ended before it said ${String(pattern)}: ${seen}`)));
  });
}
