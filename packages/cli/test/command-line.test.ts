import { afterAll, describe, expect, test } from '@jest/globals';
import { createProject } from './run-dock.js';

const project = createProject();
afterAll(() => project.remove());

describe('version and help', () => {
  test.each([['--version'], ['-v']])('%s prints the version and nothing else', async (flag) => {
    const { status, stdout, stderr } = await project.run([flag]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^dock \d+\.\d+\.\d+\S*\n$/);
  });

  test.each([[[]], [['--help']], [['help']], [['-h']]])('%j shows the commands', async (args: string[]) => {
    const { status, stdout, stderr } = await project.run(args);
    expect([status, stderr]).toEqual([0, '']);
    for (const command of ['build', 'push', 'version', 'config']) expect(stdout).toContain(`  ${command} `);
  });

  test.each([[['build', '--help']], [['help', 'build']], [['build', 'x', '--tag', 'y', '-h']]])(
    '%j shows the flags of the command, grouped',
    async (args) => {
      const { status, stdout } = await project.run(args);
      expect(status).toBe(0);
      expect(stdout).toContain('dock build [PATH | URL | -] [FLAGS]');
      expect(stdout).toMatch(/PUBLISH FLAGS\n(?: {6}.*\n)* {6}--push +Publish the image under its tags\n/);
      expect(stdout).not.toContain('\x1b');
    },
  );

  test('every command that help shows can be started', async () => {
    const { stdout } = await project.run(['--help', '--json']);
    const { help } = JSON.parse(stdout) as { help: string };
    const shown = [...help.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'help');
    expect(shown).toContain('builders');
    const runs = await Promise.all(
      shown.map(async (name) => ({ name, ...(await project.run([name, '--no-such-flag', '--json'])) })),
    );
    for (const { name, status, stdout: document } of runs)
      expect([name, status, JSON.parse(document)]).toMatchObject([
        name,
        2,
        { exitStatus: 2, error: { code: 'USAGE' } },
      ]);
  });

  test('help takes colour when it is forced', async () => {
    const { stdout } = await project.run(['--help'], { env: { FORCE_COLOR: '1' } });
    expect(stdout).toContain('\x1b[1mUSAGE\x1b[22m');
  });

  test.each([[['--help', '--json']], [['--version', '--json']], [['version', '--help', '--json']]])(
    '%j is one JSON document',
    async (args) => {
      const { status, stdout } = await project.run(args);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ v: 1, status: 'ok', exitStatus: 0 });
    },
  );
});

describe('a wrong command line', () => {
  const cases: [string[], RegExp, RegExp][] = [
    [['bulid'], /dock does not know the command "bulid"/, /Did you mean "dock build"/],
    [
      ['zzz'],
      /dock does not know the command "zzz"/,
      /Commands: build, builders, config, create-build-image, gc, inside-build, push, version/,
    ],
    [['help', 'zzz'], /dock does not know the command "zzz"/, /Commands/],
    [['-H', 'x', 'build'], /The flag "-H" comes before any command/, /Flags follow the command/],
    [['build', '--taag', 'x'], /does not know the flag "--taag"/, /Did you mean "--tag"/],
    [['build', '--squash'], /does not know the flag "--squash"/, /COPY --from=STAGE/],
    [['build', '--security-opt', 'x'], /does not know the flag "--security-opt"/, /dock has no such option/],
    [['build', '--tga=x'], /does not know the flag "--tga/, /Did you mean "--tag"/],
    [
      ['build', '.', 'second'],
      /"dock build" does not take "second" too\./,
      /dock build \[PATH \| URL \| -\] \[FLAGS\]/,
    ],
    [['build', '.', '--push=maybe'], /"--push" takes true or false, not "maybe"/, /--push=false/],
    [
      ['build', '--progress', 'plian'],
      /"--progress" takes auto, plain, tty, rawjson, quiet, none, not "plian"/,
      /Did you mean "plain"/,
    ],
    [['build', '--progress', 'tty'], /The progress "tty" needs a terminal/, /--progress auto/],
    [['build', '--progress', 'plain', '--progress=tty'], /The progress "tty" needs a terminal/, /--progress auto/],
    [['build', '--tag'], /the flag "--tag" has no value/, /Write "--tag NAME\[:TAG\]"\..*--help/],
    [['build', '--network', '--pull'], /the flag "--network" has no value/, /Write "--network MODE"/],
    [['build', '-f'], /the flag "--file" has no value/, /Write "--file FILE"/],
    [['build', '--builder'], /the flag "--builder" has no value/, /Write "--builder BUILDER"/],
    [
      ['build', '--host', 'a', '--context', 'b'],
      /"--host" and "--context" exclude each other/,
      /Leave one of them out/,
    ],
    [['push'], /"dock push" needs "IMAGE_ID"/, /dock push IMAGE_ID --tag NAME.*--help/],
    [['build', '--metadata-file', 'no/such/dir/file'], /--metadata-file .*cannot be written/, /directory that exists/],
    [['build', ''], /The source is empty/, /the working directory is "\."/],
    [['build', '.', '--file', ''], /The name of the Dockerfile is empty/, /leave the flag out/],
    [['push', '', '-t', 'a:1'], /The image ID is empty/, /The result of the failed run/],
    [['build', '-'], /to be read from standard input, which is empty/, /dock build - < Dockerfile/],
    [['build', '.', '--file', '-'], /Dockerfile is to be read from standard input, which is empty/, /name a directory/],
    [['build', '.', '--git-commit', 'main'], /the source "\." is a directory/, /git URL/],
    [['build', '--shm-size', 'lots'], /"--shm-size lots" is not a size/, /512m/],
    [['build', '--ulimit', 'nofiles=1'], /names no limit/, /Did you mean "nofile"/],
    [['build', '.', '--annotation', 'layer:a=1'], /has the type "layer"; there are manifest/, /annotations: \[/],
    [['build', '.', '--attest', 'type=signature'], /has the type "signature"; there are sbom/, /attest: \[/],
    [['build', '.', '--provenance=mode=maxx'], /has the mode "maxx"; there are min, max/, /provenance: /],
    [['build', '.', '--allow', 'everything'], /"everything" is no entitlement/, /allow: \[/],
    [['build', '--label', '=x'], /has no key/, /KEY=VALUE/],
    [['push', 'sha256:0'], /no name to publish it under/, /--tag/],
  ];

  test.each(cases)('%j exits with 2, and says what is wrong and what to do', async (args, message, hint) => {
    const { status, stdout, stderr } = await project.run(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(hint);
  });

  test.each(cases)('%j with --json has the same status and one document', async (args, message) => {
    const { status, stdout } = await project.run([...args, '--json']);
    expect(status).toBe(2);
    const document = JSON.parse(stdout) as { error: { code: string; message: string } };
    expect(document).toMatchObject({ v: 1, status: 'failed', exitStatus: 2 });
    expect(document.error.message).toMatch(message);
  });
});

test('an argument too many is shown without the credentials of its URL', async () => {
  const { status, stderr } = await project.run(['build', '.', 'https://me:s3cret-word@git.example.com/a.git']);
  expect(status).toBe(2);
  expect(stderr).toContain('git.example.com/a.git');
  expect(stderr).not.toContain('s3cret-word');
});

describe('dock version', () => {
  test('shows the client, and exits with 3 when no engine answers', async () => {
    const host = `unix://${project.directory}/none.sock`;
    const { status, stdout, stderr } = await project.run(['version', '--host', host]);
    expect(status).toBe(3);
    expect(stdout).toMatch(/^Client:\n Version: /);
    expect(stderr).toMatch(/DAEMON_UNREACHABLE: .*none\.sock/);
  });

  test('is one document with --json, with the same status', async () => {
    const host = `unix://${project.directory}/none.sock`;
    const { status, stdout } = await project.run(['version', '--json', '--host', host]);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', error: { code: 'DAEMON_UNREACHABLE' } });
  });

  test('lets the flag win over DOCKER_HOST, and never reads a .env file', async () => {
    project.write({ '.env': 'DOCKER_HOST=tcp://203.0.113.1:1\n' });
    const env = { DOCKER_HOST: 'unix:///from/environment.sock' };
    const fromEnvironment = await project.run(['version'], { env });
    const fromFlag = await project.run(['version', '-H', 'unix:///from/flag.sock'], { env });
    const fromNothing = await project.run(['version']);
    expect(fromEnvironment.stderr).toContain('/from/environment.sock');
    expect(fromFlag.stderr).toContain('/from/flag.sock');
    expect(`${fromFlag.stderr}${fromNothing.stderr}`).not.toMatch(/environment\.sock|203\.0\.113\.1/);
  });
});
