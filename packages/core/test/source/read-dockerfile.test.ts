import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Checkout } from '../../src/contracts/checkout.js';
import { isDockError } from '../../src/errors/dock-error.js';
import { readDockerfile, takeDockerfile } from '../../src/source/read-dockerfile.js';
import { resolveInside } from '../../src/source/resolve-inside.js';
import { place, type Place } from './git-fixture.js';

let here: Place;
beforeEach(() => {
  here = place();
  mkdirSync(here.path('root', 'app', 'deep'), { recursive: true });
  mkdirSync(here.path('root', 'other'));
  writeFileSync(here.path('secret'), 'SECRET');
});
afterEach(() => here.remove());

function write(name: string, content: string | Uint8Array = 'FROM scratch\n'): void {
  writeFileSync(here.path('root', name), content);
}

function checkout(kind: Checkout['kind'], context = 'app'): Checkout {
  return { kind, directory: here.path('root'), contextDir: here.path('root', context) };
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  if (isDockError(error)) return `${error.code}: ${error.message} ${error.hint}`;
  throw error;
}

describe('a Dockerfile that lies elsewhere', () => {
  test('is told with the URL that builds it', async () => {
    write('other/Dockerfile');
    mkdirSync(here.path('root', 'app', '.hidden'));
    write('app/.hidden/Dockerfile');
    write('app/deep/Dockerfile');
    const git = { url: 'https://git.example/a.git', commit: 'c', ref: 'v1.0', authorDate: '', isDirty: false };
    expect(await failure(readDockerfile({ ...checkout('git'), git }))).toContain(
      'There is "deep/Dockerfile": build https://git.example/a.git#v1.0:app/deep, or name the file with --file.',
    );
    expect(await failure(readDockerfile(checkout('path', '.')))).toContain(
      'There is "other/Dockerfile": build the directory "other", or name the file with --file.',
    );
  });

  test('is not looked for behind links', async () => {
    write('other/Dockerfile');
    symlinkSync('../other', here.path('root/app/link'));
    expect(await failure(readDockerfile(checkout('path')))).not.toContain('There is "');
  });
});

describe.each(['git', 'path'] as const)('the Dockerfile of a %s source', (kind) => {
  test('is "dockerfile" where there is no "Dockerfile"', async () => {
    write('app/dockerfile', 'FROM small\n');
    expect(await readDockerfile(checkout(kind))).toMatchObject({ text: 'FROM small\n' });
    write('app/Dockerfile', 'FROM large\n');
    expect(await readDockerfile(checkout(kind))).toMatchObject({ text: 'FROM large\n' });
  });

  test('may be a text, and then no file', async () => {
    const text = 'FROM text\n';
    expect(await takeDockerfile(checkout(kind), { dockerfileText: text })).toEqual({
      path: here.path('root/app/-'),
      text,
    });
    expect(await failure(takeDockerfile(checkout(kind), { dockerfileText: text, dockerfile: 'x' }))).toContain(
      'INVALID_OPTION',
    );
    expect(await failure(takeDockerfile(checkout(kind), { dockerfileText: ' \n' }))).toContain('is empty');
    expect(await failure(takeDockerfile(checkout(kind), { dockerfileText: '#'.repeat(1_048_577) }))).toContain(
      '1048577 bytes',
    );
  });

  test('is "Dockerfile" of the context by default', async () => {
    write('app/Dockerfile', 'FROM a\n');
    expect(await readDockerfile(checkout(kind))).toEqual({ path: here.path('root/app/Dockerfile'), text: 'FROM a\n' });
  });

  test.each(['deep/Web.Dockerfile', '../other/Dockerfile', 'Containerfile'])(
    'is the file that is named: %s',
    async (file) => {
      write(`app/${file}`, `FROM ${kind}\n`);
      expect((await readDockerfile(checkout(kind), file)).text).toBe(`FROM ${kind}\n`);
    },
  );

  test('keeps bytes that are no UTF-8', async () => {
    write('app/Dockerfile', Uint8Array.of(0x46, 0xff, 0x0a));
    expect((await readDockerfile(checkout(kind))).text).toBe('F\udcff\n');
  });

  test('keeps its own name when it is a link', async () => {
    write('other/real');
    symlinkSync('../other/real', here.path('root/app/Dockerfile'));
    expect((await readDockerfile(checkout(kind))).path).toBe(here.path('root/app/Dockerfile'));
  });

  test.each([
    ['absolute', '/docker/Prod'],
    ['leading above the context', '../../../docker/Prod'],
    ['through another', 'again'],
  ])('is read within the context behind a link %s, as BuildKit reads it', async (_, target) => {
    for (const directory of ['app/docker', 'docker']) mkdirSync(here.path('root', directory));
    write('app/docker/Prod', 'FROM prod\n');
    write('docker/Prod', 'FROM other\n');
    symlinkSync('/docker/Prod', here.path('root/app/again'));
    symlinkSync(target, here.path('root/app/Dockerfile'));
    expect(await readDockerfile(checkout(kind))).toEqual({
      path: here.path('root/app/Dockerfile'),
      text: 'FROM prod\n',
    });
  });

  test('is told as missing behind a link that leads to nothing in the context', async () => {
    symlinkSync('/docker/none', here.path('root/app/Dockerfile'));
    expect(await failure(readDockerfile(checkout(kind)))).toMatch(/^(DOCKERFILE_NOT_FOUND|PATH_ESCAPES_REPO)/);
  });

  test('that is missing is told with what is there instead', async () => {
    write('app/my.dockerfile');
    write('app/Containerfile');
    expect(await failure(readDockerfile(checkout(kind)))).toBe(
      `DOCKERFILE_NOT_FOUND: There is no Dockerfile at "${here.path('root/app/Dockerfile')}". The directory has "Containerfile", "my.dockerfile"; name it with --file.`,
    );
    expect(await failure(readDockerfile(checkout(kind), 'Dockerfile/x'))).toContain('DOCKERFILE_NOT_FOUND');
  });

  test('may not be empty, too large, or anything but a file', async () => {
    write('app/empty', '');
    write('app/large', 'x'.repeat(1024 * 1024 + 1));
    write('app/limit', 'x'.repeat(1024 * 1024));
    execFileSync('mkfifo', [here.path('root/app/fifo')]);
    const server: Server = createServer().listen(here.path('root/app/socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    const read = (file: string) => failure(readDockerfile(checkout(kind), file));
    expect(await read('empty')).toMatch(/^DOCKERFILE_INVALID: .* is empty\./);
    expect(await read('large')).toMatch(/^DOCKERFILE_INVALID: .* has 1048577 bytes/);
    expect(await read('deep')).toMatch(/^DOCKERFILE_INVALID: .* is a directory/);
    expect(await read('fifo')).toMatch(/^DOCKERFILE_INVALID: .* is a FIFO/);
    expect(await read('socket')).toMatch(/^DOCKERFILE_INVALID: .* is a socket/);
    expect((await readDockerfile(checkout(kind), 'limit')).text).toHaveLength(1024 * 1024);
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('a Dockerfile outside', () => {
  test('is read for a path source, relative or absolute', async () => {
    for (const file of ['../../secret', here.path('secret')]) {
      expect((await readDockerfile(checkout('path'), file)).text).toBe('SECRET');
    }
  });

  test.each([
    ['a relative path', '../../secret'],
    ['a path that does not exist', '../../none'],
    ['a link to a file', 'link'],
    ['a link to a directory', 'folder/secret'],
    ['a path through a link', 'deep/up/../../secret'],
  ])('is refused for a git source: %s', async (_, file) => {
    symlinkSync('../../secret', here.path('root/app/link'));
    symlinkSync('../..', here.path('root/app/folder'));
    symlinkSync('../..', here.path('root/app/deep/up'));
    const message = await failure(readDockerfile(checkout('git'), file));
    expect(message).toMatch(/^PATH_ESCAPES_REPO: /);
    expect(message).toContain(here.path('root'));
  });

  test('is refused for a git source: absolute', async () => {
    expect(await failure(readDockerfile(checkout('git'), '/etc/passwd'))).toMatch(
      /^PATH_ESCAPES_REPO: .*"\/etc\/passwd"/,
    );
  });
});

describe('resolveInside', () => {
  test('follows links that stay inside, and reads those that lead out from the root', async () => {
    write('other/x');
    symlinkSync('../other', here.path('root/app/relative'));
    symlinkSync('/other', here.path('root/app/absolute'));
    symlinkSync('../../../../other', here.path('root/app/above'));
    for (const name of ['relative', 'absolute', 'above']) {
      expect(await resolveInside(here.path('root'), `app/${name}/x`)).toBe(here.path('root/other/x'));
    }
    expect(await resolveInside(here.path('root'), 'app/relative/none')).toBe(here.path('root/other/none'));
  });

  test('refuses an absolute link to what is not inside, and links without end', async () => {
    symlinkSync('/etc/passwd', here.path('root/passwd'));
    symlinkSync('loop', here.path('root/loop'));
    expect(await failure(resolveInside(here.path('root'), 'passwd'))).toMatch(/^PATH_ESCAPES_REPO: .*"\/etc\/passwd"/);
    expect(await failure(resolveInside(here.path('root'), 'loop'))).toMatch(/^PATH_ESCAPES_REPO/);
  });

  test('takes an absolute path that is inside', async () => {
    expect(await resolveInside(here.path('root'), here.path('root/app'))).toBe(here.path('root/app'));
    expect(await resolveInside(here.path('root'), '.')).toBe(here.path('root'));
  });
});
