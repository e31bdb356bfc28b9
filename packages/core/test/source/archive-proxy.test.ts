import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { createServer as createTls } from 'node:https';
import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { proxyFor } from '../../src/source/archive/proxy.js';
import { takeSource } from '../../src/source/take-source.js';
import { failure, place, type Place } from './git-fixture.js';
import { rawTar } from './tar-fixture.js';
import { filesInvalid } from './tls-fixture.js';

const proxy = 'http://proxy.test:3128';

test.each([
  ['https://files.test/x', { HTTPS_PROXY: proxy }, true],
  ['https://files.test/x', { https_proxy: 'proxy.test:3128' }, true],
  ['https://files.test/x', { HTTP_PROXY: proxy }, false],
  ['http://files.test/x', { HTTP_PROXY: proxy }, true],
  ['https://localhost/x', { HTTPS_PROXY: proxy }, false],
  ['https://127.3.4.5/x', { HTTPS_PROXY: proxy }, false],
  ['https://[::1]/x', { HTTPS_PROXY: proxy }, false],
])('%s with %j goes by the proxy: %j', (url, env, isBy) => {
  expect(proxyFor(new URL(url), env)?.href).toBe(isBy ? `${proxy}/` : undefined);
});

test.each([
  ['https://files.test/x', '*', true],
  ['https://files.test/x', 'other, FILES.test', true],
  ['https://a.files.test/x', 'files.test', true],
  ['https://a.files.test/x', '.files.test', true],
  ['https://a.files.test/x', '*.files.test', true],
  ['https://files.test/x', '.files.test', false],
  ['https://myfiles.test/x', 'files.test', false],
  ['https://files.test/x', 'files.test:443', true],
  ['https://files.test:8443/x', 'files.test:443', false],
  ['https://10.1.2.3/x', '10.0.0.0/8', true],
  ['https://11.1.2.3/x', '10.0.0.0/8', false],
  ['https://10.1.2.3/x', '10.0.0.0/99', false],
  ['https://[fd00::1]/x', 'fd00::/8', true],
  ['https://[fd00::1]/x', 'fd00::1', true],
  ['https://[fd00::1]:8443/x', '[fd00::1]:8443', true],
  ['https://files.test/x', '', false],
])('%s with NO_PROXY=%s is asked without a proxy: %j', (url, list, isLeftOut) => {
  expect(proxyFor(new URL(url), { HTTPS_PROXY: proxy, no_proxy: list }) === undefined).toBe(isLeftOut);
});

test.each(['socks5://ann:word-1@p.test:1080', 'http://'])('the proxy %s is refused', (value) => {
  const refused = () => proxyFor(new URL('https://files.test'), { HTTPS_PROXY: value });
  expect(refused).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  expect(refused).toThrow(expect.objectContaining({ message: expect.not.stringContaining('word-1') }));
});

describe('a download by a proxy', () => {
  const tar = rawTar({ name: 'Dockerfile', content: 'FROM scratch\n' });
  let here: Place;
  const servers: Server[] = [];
  beforeEach(() => {
    here = place();
  });
  afterEach(async () => {
    for (const one of servers.splice(0)) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
    here.remove();
  });

  async function portOf(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  async function take(url: string, env: Readonly<Record<string, string>>) {
    const context = { ...here.context(), env };
    return { checkout: await takeSource({ kind: 'archive', url }, context, 20_000), context };
  }

  /** What a proxy was asked: the line and the login. */
  const heard: (string | undefined)[][] = [];
  const listener: RequestListener = (asked, answer) => {
    heard.push([asked.url, asked.headers.host, asked.headers['proxy-authorization']]);
    answer.end(tar);
  };
  const login = `Basic ${Buffer.from('ann:word-1').toString('base64')}`;
  beforeEach(() => void heard.splice(0));

  test('of http names the whole URL, and keeps its login a secret', async () => {
    const port = await portOf(createPlain(listener));
    const { checkout, context } = await take('http://files.invalid/x.tar?a=b', {
      http_proxy: `http://ann:word-1@127.0.0.1:${port}`,
    });
    expect(readFileSync(`${checkout?.contextDir}/Dockerfile`, 'utf8')).toBe('FROM scratch\n');
    expect(heard).toEqual([['http://files.invalid/x.tar?a=b', 'files.invalid', login]]);
    expect(context.secrets).toContain('word-1');
  });

  test('of https is a tunnel, and the server has to be the one that the URL names', async () => {
    const caFile = here.path('crt');
    writeFileSync(caFile, filesInvalid.cert);
    const target = await portOf(
      createTls(filesInvalid, (asked, answer) => {
        heard.push([asked.url, asked.headers.host, asked.headers['proxy-authorization']]);
        answer.end(tar);
      }) as unknown as Server,
    );
    const between = createPlain().on('connect', (asked, socket) => {
      heard.push([asked.url, asked.headers.host, asked.headers['proxy-authorization']]);
      const there = connect(target, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(there).pipe(socket);
      });
      socket.on('error', () => there.destroy());
      there.on('error', () => undefined);
      there.on('close', () => socket.destroy());
    });
    const env = {
      HTTPS_PROXY: `http://ann:word-1@127.0.0.1:${await portOf(between)}`,
      GIT_SSL_CAINFO: caFile,
    };
    const { checkout } = await take('https://files.invalid/x.tar', env);
    expect(readFileSync(`${checkout?.contextDir}/Dockerfile`, 'utf8')).toBe('FROM scratch\n');
    expect(heard).toEqual([
      ['files.invalid:443', 'files.invalid:443', login],
      ['/x.tar', 'files.invalid', undefined],
    ]);
    expect((await failure(take('https://other.invalid/x.tar', env))).message).toContain('other.invalid');
  });

  test('that the proxy refuses says so', async () => {
    const port = await portOf(
      createPlain((_, answer) => void answer.writeHead(407).end()).on('connect', (_, socket) =>
        socket.end('HTTP/1.1 407 No\r\n\r\n'),
      ),
    );
    const at = `http://127.0.0.1:${port}`;
    for (const scheme of ['http', 'https']) {
      const error = await failure(take(`${scheme}://files.invalid/x.tar`, { HTTP_PROXY: at, HTTPS_PROXY: at }));
      expect([error.code, error.message]).toEqual([
        'SOURCE_DOWNLOAD_FAILED',
        expect.stringContaining(`the proxy "127.0.0.1:${port}" answered 407: it wants a login`),
      ]);
    }
  });
});
