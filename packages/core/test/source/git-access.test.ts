import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceRequest } from '../../src/contracts/checkout.js';
import type { BuildSsh } from '../../src/contracts/request-options.js';
import { originOf, isSafeFor } from '../../src/source/git-origin.js';
import { readNetrc } from '../../src/source/read-netrc.js';
import { sshAccess } from '../../src/source/ssh-access.js';
import { takeSource } from '../../src/source/take-source.js';
import { lockedKey, sshKeys } from '../secrets/ssh-keys.js';
import {
  backend,
  commit,
  failure,
  git,
  guarded,
  place,
  repository,
  serve,
  type Place,
  type TestServer,
} from './git-fixture.js';

let here: Place;
let first: string;
const servers: TestServer[] = [];
const token = 'tok-12345';

async function started(listener: Parameters<typeof serve>[0]): Promise<TestServer> {
  const one = await serve(listener);
  servers.push(one);
  return one;
}

const closedTo = async (user: string, password: string) =>
  started(guarded(user, password, backend(here.path('repos'))));
const hostOf = ({ url }: TestServer) => url.replace('http://', '');
const authorized = ({ requests }: TestServer) => requests.filter(({ authorization }) => authorization !== undefined);

beforeEach(() => {
  here = place();
  first = repository(here.path('repos', 'app.git'));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((one) => one.close()));
  here.remove();
});

interface Asked {
  readonly secrets?: Readonly<Record<string, string>>;
  readonly ssh?: readonly BuildSsh[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly more?: Partial<Extract<SourceRequest, { kind: 'git' }>>;
}

async function take(url: string, { secrets = {}, ssh = [], env = {}, more = {} }: Asked = {}) {
  const context = here.context({ env: { PATH: process.env['PATH'], ...env, ...secrets } });
  const buildSecrets = Object.keys(secrets).map((id) => ({ id, env: id }));
  const checkout = await takeSource({ kind: 'git', url, ...more }, { ...context, buildSecrets, ssh }, 20_000);
  const files = readdirSync(context.workDir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const texts = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  return { context, checkout, isLeft: [...texts, ...context.lines].some((text) => text.includes(token)) };
}

describe('GIT_AUTH_TOKEN and GIT_AUTH_HEADER', () => {
  const basic = (user: string) => `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;

  test.each([
    ['GIT_AUTH_TOKEN', 'x-access-token', token],
    ['GIT_AUTH_HEADER', 'robot', basic('robot')],
  ])('%s lets git in', async (id, user, value) => {
    const server = await closedTo(user, token);
    for (const name of [id, `${id}.${hostOf(server)}`]) {
      const { checkout, context, isLeft } = await take(`${server.url}/app.git?keep-git-dir`, {
        secrets: { [name]: `${value}\n` },
      });
      expect(checkout?.git?.commit).toBe(first);
      expect(context.secrets).toContain(token);
      expect(isLeft).toBe(false);
    }
  });

  test('a header that is no user and password is sent as it is', async () => {
    const server = await started((incoming, outgoing) => {
      if (incoming.headers.authorization === `bearer ${token}`) backend(here.path('repos'))(incoming, outgoing);
      else outgoing.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
    });
    const { checkout, isLeft } = await take(`${server.url}/app.git`, {
      secrets: { GIT_AUTH_HEADER: `bearer ${token}` },
    });
    expect(checkout?.git?.commit).toBe(first);
    expect(isLeft).toBe(false);
  });

  test('one for the host wins over one without, and a header over a token', async () => {
    const server = await closedTo('x-access-token', token);
    const host = hostOf(server);
    await take(`${server.url}/app.git`, {
      secrets: { GIT_AUTH_HEADER: 'basic d3Jvbmc6d3Jvbmc=', [`GIT_AUTH_TOKEN.${host}`]: token },
    });
    const error = await failure(
      take(`${server.url}/app.git`, { secrets: { GIT_AUTH_TOKEN: token, [`GIT_AUTH_TOKEN.${host}`]: 'wrong-token' } }),
    );
    expect(error.message).toContain(`the credentials of the secret "GIT_AUTH_TOKEN.${host}" were refused`);
    expect(error.message).not.toContain('wrong-token');
  });

  test.each([
    ['GIT_AUTH_TOKEN', token],
    ['GIT_AUTH_HEADER', `bearer ${token}`],
  ])('%s goes to no other host after a redirect', async (id, value) => {
    const other = await closedTo('x-access-token', token);
    const moved = await started(
      (incoming, outgoing) => void outgoing.writeHead(302, { Location: `${other.url}${incoming.url}` }).end(),
    );
    await failure(take(`${moved.url}/app.git`, { secrets: { [id]: value } }));
    expect(authorized(other)).toEqual([]);
  });

  test('a token follows a redirect on its own host', async () => {
    const closed = guarded('x-access-token', token, backend(here.path('repos')));
    const server = await started((incoming, outgoing) => {
      if (incoming.url?.startsWith('/old/') !== true) return closed(incoming, outgoing);
      outgoing.writeHead(301, { Location: incoming.url.replace('/old/', '/') }).end();
    });
    expect(
      (await take(`${server.url}/old/app.git`, { secrets: { GIT_AUTH_TOKEN: token } })).checkout?.git?.commit,
    ).toBe(first);
  });

  test('one without a host goes to no submodule elsewhere, one with its host does', async () => {
    repository(here.path('repos', 'part.git'), { part: 'part' });
    const other = await closedTo('x-access-token', token);
    git(here.path('repos', 'app.git'), 'clone', '--quiet', here.path('repos', 'part.git'), 'part');
    git(here.path('repos', 'app.git'), 'config', '--file', '.gitmodules', 'submodule.part.path', 'part');
    git(
      here.path('repos', 'app.git'),
      'config',
      '--file',
      '.gitmodules',
      'submodule.part.url',
      `${other.url}/part.git`,
    );
    commit(here.path('repos', 'app.git'), {});
    const server = await closedTo('x-access-token', token);
    const more = { allowedSchemes: ['http'] };
    expect((await failure(take(`${server.url}/app.git`, { more, secrets: { GIT_AUTH_TOKEN: token } }))).code).toBe(
      'AUTH_FAILED',
    );
    expect(authorized(other)).toEqual([]);
    const { checkout } = await take(`${server.url}/app.git`, {
      more,
      secrets: { GIT_AUTH_TOKEN: token, [`GIT_AUTH_TOKEN.${hostOf(other)}`]: token },
    });
    expect(existsSync(join(checkout?.directory ?? '', 'part', 'part'))).toBe(true);
  });

  test.each([
    ['GIT_AUTH_TOKEN.git.example', 'https://git.example:8443/app.git', 'it is for the usual port'],
    ['GIT_AUTH_TOKEN', 'http://git.example/app.git', 'http would show it to the network'],
  ])('%s for %s is not sent, which is told', async (id, url, words) => {
    const context = here.context({ env: { PATH: here.path('none'), [id]: token } });
    await failure(
      takeSource(
        { kind: 'git', url, allowedSchemes: ['http'] },
        { ...context, buildSecrets: [{ id, env: id }] },
        20_000,
      ),
    );
    expect(context.warnings).toEqual([expect.stringContaining(words)]);
  });

  test.each([
    ['GIT_AUTH_TOKEN', ' \n', 'is empty'],
    ['GIT_AUTH_HEADER', 'bearer x\nX-Evil: 1', 'has a control character'],
    ['GIT_AUTH_TOKEN.no/host', token, 'is not a host'],
  ])('%s of %j is refused', async (id, value, words) => {
    const error = await failure(take('https://git.example/app.git', { secrets: { [id]: value } }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(words);
  });
});

describe("the user's own credentials", () => {
  const home = (config: string, netrc?: string) => {
    mkdirSync(here.path('home'));
    writeFileSync(here.path('home', '.gitconfig'), config);
    if (netrc !== undefined) writeFileSync(here.path('home', '.netrc'), netrc);
    return { HOME: here.path('home') };
  };
  const helper = (body: string) => {
    writeFileSync(here.path('helper.sh'), `#!/bin/sh\ncat >> ${here.path('asked')}\n${body}\n`, { mode: 0o755 });
    return `[credential]\n\thelper = ${here.path('helper.sh')}\n`;
  };

  test('of a helper are asked for the one host, on the word of the user alone', async () => {
    const server = await closedTo('robot', token);
    const env = home(helper(`echo username=robot; echo password=${token}`));
    expect((await failure(take(`${server.url}/app.git`, { env }))).code).toBe('AUTH_FAILED');
    expect(existsSync(here.path('asked'))).toBe(false);
    const { checkout, context, isLeft } = await take(`${server.url}/app.git`, {
      env,
      more: { gitCredentials: 'helper' },
    });
    expect(checkout?.git?.commit).toBe(first);
    expect(context.secrets).toContain(token);
    expect(isLeft).toBe(false);
    expect(readFileSync(here.path('asked'), 'utf8')).toContain(`host=${hostOf(server)}\n`);
  });

  test('of a helper are asked with the user name of the URL', async () => {
    const server = await closedTo('robot', token);
    const env = home(helper(`echo username=robot; echo password=${token}`));
    const url = `${server.url.replace('http://', 'http://robot@')}/app.git`;
    expect((await take(url, { env, more: { gitCredentials: 'helper' } })).checkout?.git?.commit).toBe(first);
    expect(readFileSync(here.path('asked'), 'utf8')).toContain('username=robot\n');
  });

  test('that a helper does not have are none, and one that breaks is told', async () => {
    const server = await closedTo('robot', token);
    const env = home(helper('exit 0'));
    const error = await failure(take(`${server.url}/app.git`, { env, more: { gitCredentials: 'helper' } }));
    expect(error.message).toContain('none were given');
    expect(error.hint).toContain('--git-credentials helper');
  });

  test('of .netrc are taken for the one host', async () => {
    const server = await closedTo('robot', token);
    const env = home(
      '',
      `machine git.example login no password no\nmachine 127.0.0.1\n  login robot\n  password ${token}\n`,
    );
    const { checkout } = await take(`${server.url}/app.git`, { env, more: { gitCredentials: 'netrc' } });
    expect(checkout?.git?.commit).toBe(first);
  });

  test('of a .netrc that is not there are told', async () => {
    const error = await failure(
      take('https://git.example/app.git', { env: home(''), more: { gitCredentials: 'netrc' } }),
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
    expect(error.message).toContain('.netrc" cannot be read (ENOENT)');
  });
});

test.each([
  ['machine h login u password p', { username: 'u', password: 'p' }],
  ['machine H\nlogin u\npassword "p \\"q"', { username: 'u', password: 'p "q' }],
  ['machine other login u password p', undefined],
  ['default login u password p', undefined],
  ['machine h login u', undefined],
  ['# machine h login u password p', undefined],
  ['macdef init\nmachine h login u password p\n\nmachine h login v password q', { username: 'v', password: 'q' }],
  ['machine other login u password p\nmachine h account a login v password q', { username: 'v', password: 'q' }],
])('a .netrc of %j', (text, expected) => {
  expect(readNetrc(text, 'h')).toEqual(expected);
});

test.each([
  ['https://Git.Example/a', 'https://git.example:443', true],
  ['https://git.example:443/a', 'https://git.example:443', true],
  ['https://git.example:8443/a', 'https://git.example:8443', true],
  ['http://git.example/a', 'http://git.example:80', false],
  ['http://127.0.0.1:8080/a', 'http://127.0.0.1:8080', true],
  ['http://[::1]:8080/a', 'http://[::1]:8080', true],
  ['http://127.0.0.1.evil.example/a', 'http://127.0.0.1.evil.example:80', false],
  ['ssh://git@git.example/a', undefined, false],
] as const)('the origin of %s is %s', (url, origin, isSafe) => {
  expect(originOf(url)).toBe(origin);
  expect(isSafeFor(url)).toBe(isSafe);
});

describe('ssh keys as files', () => {
  const write = (content: string) => {
    writeFileSync(here.path('id'), content);
    chmodSync(here.path('id'), 0o644);
    return here.path('id');
  };
  const pair = () => generateKeyPairSync('ed25519');
  const key = () => write(pair().privateKey.export({ format: 'pem', type: 'pkcs8' }).toString());
  const fakeSsh = () => {
    const bin = here.path('bin');
    mkdirSync(bin);
    const script = `#!/bin/sh\nfor each; do case "$each" in */ssh-key-*) ls -l "$each" | cut -c1-10; cat "$each";; esac; done > ${here.path('keys')}\nprintf '%s\\n' "$@" "agent=$SSH_AUTH_SOCK" > ${here.path('asked')}\nfor last; do :; done\neval "exec $last"\n`;
    writeFileSync(join(bin, 'ssh'), script, { mode: 0o755 });
    return { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  };
  const url = () => `git@git.example:${here.path('repos', 'app.git')}`;

  test('are given to ssh as files that the user alone can read, and removed', async () => {
    const file = key();
    const { checkout, context } = await take(url(), { env: fakeSsh(), ssh: [{ id: 'default', keys: [file] }] });
    expect(checkout?.git?.commit).toBe(first);
    expect(readFileSync(here.path('keys'), 'utf8')).toBe(`-rw-------\n${readFileSync(file, 'utf8')}`);
    expect(readFileSync(here.path('asked'), 'utf8')).toContain('IdentitiesOnly=yes\n');
    expect(readdirSync(context.workDir).filter((name) => name.startsWith('ssh-key'))).toEqual([]);
  });

  test('without the last line break is mended', async () => {
    await take(url(), { env: fakeSsh(), ssh: [{ id: 'default', keys: [write(sshKeys[0].private.trimEnd())] }] });
    expect(readFileSync(here.path('keys'), 'utf8').endsWith('-----END OPENSSH PRIVATE KEY-----\n')).toBe(true);
  });

  test('are masked, and come from a variable that git itself does not see', async () => {
    const told: string[] = [];
    const text = sshKeys[0].private;
    const ssh = [{ id: 'default', env: ['KEY'] }];
    const access = await sshAccess(
      { ssh, env: { KEY: text }, addSecret: (secret) => told.push(secret) },
      here.directory,
    );
    expect(access.keys.map((file) => readFileSync(file, 'utf8'))).toEqual([text]);
    expect(told).toEqual(expect.arrayContaining(text.split('\n').slice(1, -3)));
    await access.remove();
  });

  test('an agent that is named is the one that ssh asks', async () => {
    await take(url(), { env: { ...fakeSsh(), SSH_AUTH_SOCK: '/other' }, ssh: [{ id: 'default', socket: '/named' }] });
    expect(readFileSync(here.path('asked'), 'utf8')).toContain('agent=/named\n');
  });

  const unusable: [string, () => string, string][] = [
    ['a passphrase', () => write(lockedKey), 'has a passphrase'],
    [
      'a passphrase of PKCS 8',
      () =>
        write(
          pair().privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
        ),
      'has a passphrase',
    ],
    ['a public key', () => write('ssh-ed25519 AAAA ann@localhost\n'), 'is a public key'],
    ['no file', () => here.path('gone'), 'cannot be read (ENOENT)'],
  ];

  test.each(unusable)('that are read before one with %s are not left behind', async (_, file, words) => {
    const good = here.path('good');
    copyFileSync(key(), good);
    const ssh = [{ id: 'default', keys: [good, file()] }];
    const error = await failure(sshAccess({ ssh, env: {}, addSecret: () => undefined }, here.directory));
    expect(error.message).toContain(words);
    expect(readdirSync(here.directory).filter((name) => name.startsWith('ssh-key'))).toEqual([]);
  });

  test.each(unusable)('with %s are refused', async (_, file, words) => {
    const error = await failure(take(url(), { env: fakeSsh(), ssh: [{ id: 'default', keys: [file()] }] }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(words);
  });
});
