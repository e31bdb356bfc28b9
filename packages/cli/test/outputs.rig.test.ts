import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import {
  baseImage,
  engineKinds,
  engineRequest,
  rigTool,
  sharedEngine,
  type SharedRigEngine,
  sharedRegistry,
  startRegistry,
} from '@dock/testing';
import { createProject, type Project } from './run-dock.js';
import { skopeo } from './skopeo.js';

const unique = `outputs-${process.pid}-${Date.now().toString(36)}`;
const dockerfile = `FROM busybox:1 AS made
RUN mkdir /o && echo hi >/o/hello && chmod 4755 /o/hello && mkdir /o/dir
FROM scratch
COPY --from=made /o /
LABEL a=${unique}
`;

/** The rig's engines have no network of their own. */
const host = ['--network', 'host'];

let project: Project;
beforeEach(() => {
  project = createProject({ Dockerfile: dockerfile, 'bad/Dockerfile': 'FROM busybox:1\nRUN exit 7\n' });
});
afterEach(() => project.remove());

describe.each(engineKinds().map(({ version, store }) => [version, store] as const))(
  'outputs with Engine %s and the %s store',
  (version, store) => {
    let engine: SharedRigEngine;
    const made: string[] = [];
    beforeAll(async () => {
      engine = await sharedEngine({ version, store });
      await baseImage(engine);
    });
    afterAll(async () => {
      for (const id of made) await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
    });

    async function build(...args: readonly string[]) {
      const words = ['build', '--host', engine.host, '--no-config', '--progress', 'plain', '--json', ...host, ...args];
      const { status, stdout, stderr } = await project.run(words);
      const result = JSON.parse(stdout) as BuildResult;
      if (result.image?.id !== undefined) made.push(result.image.id);
      return { status, stderr, result };
    }
    const at = (...parts: string[]): string => join(project.directory, ...parts);
    /** Images of this suite alone: others use the engine too. */
    const images = async (label: string): Promise<unknown> => {
      const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
      return (await engineRequest(engine.socketPath, 'GET', `/images/json?all=1&filters=${filters}`)).json();
    };

    test('a directory is written, and no image is made', async () => {
      const label = `outputs=${version}-${store}`;
      const args = ['.', '--label', label, '-o', 'out', '--metadata-file', 'meta.json'];
      const { status, stderr, result } = await build(...args);
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      expect(result.outputs).toEqual([{ type: 'local', dest: at('out'), files: 1, bytes: 3 }]);
      expect(result.image).toBeUndefined();
      expect(result.phases.map(({ phase }) => phase)).not.toContain('prepublish');
      expect(result.warnings.map(({ message }) => message).join()).toMatch(/1 files .* without their set-user-ID/);
      expect(readdirSync(at('out')).sort()).toEqual(['dir', 'hello']);
      expect(statSync(at('out/hello')).mode & 0o7777).toBe(0o755);
      expect(JSON.parse(readFileSync(at('meta.json'), 'utf8'))).not.toHaveProperty('containerimage.digest');
      expect(await images(label)).toEqual([]);
    });

    test('an archive goes to standard output, and nothing else does', async () => {
      const { status, stderr } = await project.run(
        ['build', '.', '--host', engine.host, '--no-config', ...host, '--progress', 'plain', '-o', '-'],
        { under: ['sh', '-c', 'exec "$@" >out.tar', 'sh'] },
      );
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      const names = execFileSync('tar', ['-tvf', at('out.tar')], { encoding: 'utf8' });
      expect(names).toMatch(/^-rwsr-xr-x.*hello$/m);
      const piped = await project.run(
        ['build', '.', '--host', engine.host, '--no-config', ...host, '--quiet', '-o', 'type=tar'],
        { under: ['sh', '-c', '"$@" | tar -t', 'sh'] },
      );
      expect(piped.stdout).toMatch(/^(?:\.\/)?hello$/m);
    });

    test('a reader of standard output that goes away fails the build', async () => {
      project.write({ Dockerfile: 'FROM busybox:1\n' });
      const { stdout } = await project.run(
        ['build', '.', '--host', engine.host, '--no-config', ...host, '--progress', 'plain', '-o', '-'],
        { under: ['sh', '-c', '{ "$@"; echo "$?" >status; } | head -c 10 >/dev/null; cat status', 'sh'] },
      );
      expect(stdout.trim()).toBe('3');
    });

    describe('a reader of standard output', () => {
      /** Begin a build that sends more than a pipe takes, and wait until it does. */
      const begin = async () => {
        const large = 'FROM busybox:1 AS made\nRUN dd if=/dev/zero of=/large bs=1M count=4\n';
        project.write({ Dockerfile: `${large}FROM scratch\nCOPY --from=made /large /\nLABEL a=${unique}\n` });
        const words = ['build', '.', '--host', engine.host, '--no-config', ...host, '--progress', 'plain', '-o', '-'];
        const child = project.start(words);
        let told = '';
        child.stderr?.setEncoding('utf8');
        await new Promise<void>((resolve, reject) => {
          child.once('exit', () => reject(new Error(told)));
          child.stderr?.on('data', (text: string) => {
            told += text;
            if (/(?:sending|copying) tarball|exporting to client/.test(told)) resolve();
          });
        });
        return child;
      };

      test('that is slow gets every byte', async () => {
        const child = await begin();
        const hash = createHash('sha256');
        const ended = once(child, 'exit');
        const write = (piece: Buffer, _: string, done: () => void) => {
          hash.update(piece);
          setImmediate(done);
        };
        await pipeline(child.stdout ?? [], new Writable({ highWaterMark: 1, write }));
        expect(await ended).toEqual([0, null]);
        await build('.', '-o', 'type=tar,dest=file.tar');
        expect(hash.digest('hex')).toBe(
          createHash('sha256')
            .update(readFileSync(at('file.tar')))
            .digest('hex'),
        );
      });

      test('that reads nothing holds up no signal', async () => {
        const child = await begin();
        const ended = once(child, 'exit');
        // It holds the first bytes, and takes no more than its buffer.
        if (child.stdout !== null) await once(child.stdout, 'readable');
        child.kill('SIGTERM');
        try {
          expect(await ended).toEqual([143, null]);
        } finally {
          child.kill('SIGKILL');
        }
      });
    });

    test('a build that fails leaves the file of the one before as it was', async () => {
      project.write({ 'out.tar': 'before' });
      const { status, result } = await build('bad', '-o', 'type=tar,dest=out.tar');
      expect([status, result.outputs]).toEqual([1, undefined]);
      expect(readFileSync(at('out.tar'), 'utf8')).toBe('before');
      expect(readdirSync(at()).filter((name) => name.includes('.dock-'))).toEqual([]);
    });

    test('the classic builder refuses outputs', async () => {
      const { status, result } = await build('.', '-o', 'out', '--builder', 'classic');
      expect([status, result.error?.code]).toEqual([2, 'OPTION_UNSUPPORTED']);
      expect(existsSync(at('out'))).toBe(false);
    });

    const several = ['.', '-o', 'a', '-o', 'type=tar,dest=b.tar', '--load', '-t'];
    if (version === '20.10') {
      test('several outputs are refused, because its BuildKit makes one', async () => {
        const { status, result } = await build(...several, `${unique}:1`);
        expect([status, result.error?.code]).toEqual([2, 'OPTION_UNSUPPORTED']);
        expect(existsSync(at('a'))).toBe(false);
      });
    } else {
      test('several outputs and an image come of one build', async () => {
        const name = `${unique}-${version}-${store}:1`;
        const { status, stderr, result } = await build(...several, name);
        expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
        expect(result.outputs?.map(({ type }) => type)).toEqual(['local', 'tar']);
        expect(result.names).toEqual([`docker.io/library/${name}`]);
        expect(result.image?.store).toBe(store);
        expect(readdirSync(at('a')).sort()).toEqual(['dir', 'hello']);
      });
    }

    if (store === 'classic') {
      test('an archive of an image is refused with the three ways that can', async () => {
        const { status, result } = await build('.', '-o', 'type=oci,dest=image.tar');
        expect([status, result.error?.code]).toEqual([2, 'OPTION_UNSUPPORTED']);
        expect(result.error?.hint).toMatch(/containerd store.*another builder.*--method privileged/);
      });
    } else {
      test.each([
        ['oci', 'oci-archive', '1'],
        ['docker', 'docker-archive', 'docker.io/library/one:1'],
      ])('an image as the archive "%s" has its names, and the result its digests', async (type, transport, tag) => {
        const { status, stderr, result } = await build(
          ...['.', '-o', `type=${type},dest=image.tar`],
          ...['-t', 'one:1', '-t', 'two:2'],
        );
        expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
        const [output] = result.outputs ?? [];
        expect(output?.names).toEqual(['docker.io/library/one:1', 'docker.io/library/two:2']);
        const archive = `${transport}:${at('image.tar')}:${tag}`;
        const config = execFileSync(rigTool('skopeo'), ['inspect', '--raw', '--config', archive], { encoding: 'utf8' });
        expect(config).toContain(unique);
        const listed = execFileSync('tar', ['-tf', at('image.tar')], { encoding: 'utf8' });
        for (const digest of [output?.digest, output?.configDigest])
          expect(listed).toContain(`blobs/sha256/${digest?.slice('sha256:'.length) ?? ''}`);
      });
    }

    if (store === 'containerd')
      test('a cache that cannot be written or set up loses no archive, and is told by its name', async () => {
        const registry = await startRegistry({ auth: 'basic' });
        try {
          const ref = `${registry.host}/${unique}/cache:1`;
          const { status, stderr, result } = await build(
            ...['.', '-o', 'type=oci,dest=image.tar'],
            ...['--cache-to', `type=registry,ref=${ref}`],
            ...['--cache-to', 'type=gha,url=http://127.0.0.1:1/,token=is.no-token'],
          );
          expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
          expect(execFileSync('tar', ['-tf', at('image.tar')], { encoding: 'utf8' })).toContain('index.json');
          expect(readdirSync(at()).filter((name) => name.includes('.dock-'))).toEqual([]);
          const warnings = result.warnings.map(({ message }) => message);
          expect(warnings).toContainEqual(expect.stringMatching(/^The cache "type=gha" is not written: /));
          expect(warnings).toContainEqual(
            expect.stringMatching(new RegExp(`The cache .*not written.*${registry.host}/`, 's')),
          );
        } finally {
          await registry.stop();
        }
      });

    test('"type=registry" is a name and a push, after the gates', async () => {
      const registry = await sharedRegistry();
      const name = `${registry.host}/${unique}/${version}-${store}:1`;
      const { status, stderr, result } = await build('.', '-o', `type=registry,name=${name}`);
      expect([status, status === 0 ? '' : stderr]).toEqual([0, '']);
      expect(result).toMatchObject({ publishedState: 'complete', published: [{ name, isVerified: true }] });
      expect(result.outputs).toBeUndefined();
      expect((await skopeo(name)).digest).toBe(result.published[0]?.digest);
    });
  },
);

describe('before anything starts', () => {
  const refused = async (args: readonly string[], config?: string) => {
    if (config !== undefined) project.write({ 'dock.config.mjs': config });
    const none = config === undefined ? ['--no-config'] : [];
    const words = ['build', '.', '--host', 'unix:///nonexistent.sock', '--progress', 'plain', ...none, ...args];
    const { status, stderr } = await project.run(words);
    return { status, stderr };
  };

  test.each<[string, readonly string[], RegExp]>([
    [
      'an archive beside the result on standard output',
      ['-o', '-', '--json'],
      /"--json" and the output "type=tar,dest=-"/,
    ],
    ['two archives on standard output', ['-o', '-', '-o', 'type=oci'], /another output goes there too/],
    ['a directory on standard output', ['-o', 'type=local,dest=-'], /a directory cannot go to standard output/],
    ['a type that there is not', ['-o', 'type=zip,dest=x'], /has the type "zip"; there are local, tar/],
    ['an attribute that nobody knows', ['-o', 'type=tar,dest=x,level=9'], /has "level"/],
    ['a directory where a file is', ['-o', 'Dockerfile'], /there is a file of that name/],
    ['a file where a directory is', ['-o', 'type=tar,dest=bad'], /it is a directory/],
    ['a file in no directory', ['-o', 'type=tar,dest=none/x.tar'], /ENOENT|no such file/],
  ])('%s is refused', async (_, args, words) => {
    const { status, stderr } = await refused(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(words);
  });

  const gated = `import { push } from '@dock/plugin-push';
    import { test } from '@dock/plugin-test';
    export default { image: 'x.example.com/a:1', plugins: [test({ command: ['true'] }), push()] };`;

  test('plugins that would work on an image are refused where none is made, and can be left out', async () => {
    const { status, stderr } = await refused(['-o', 'out'], gated);
    expect(status).toBe(2);
    expect(stderr).toMatch(/make no image, and plugins "test", "push" would work on one/);
    expect(stderr).toMatch(/--skip test --skip push/);
    expect((await refused(['-o', 'out', '--skip', 'test', '--skip', 'push'], gated)).stderr).toMatch(
      /DAEMON_UNREACHABLE/,
    );
    expect((await refused(['-o', 'out', '--skip', 'tst'], gated)).stderr).toMatch(/Did you mean "test"/);
  });
});
