// What each peer does with the forty cases, as far as it has the function: `cases[number][peer](given)` gives a few words for the table.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  everyByte,
  jsonLines,
  startEngine,
  startFakeEngine,
  startGitServer,
  startRegistry,
  startRegistryProxy,
} from '../../dist/index.js';
import { outcomeText } from './run-tool.mjs';

const waitMs = 60_000;
const id = `sha256:${'a'.repeat(64)}`;
const before = [{ stream: 'Step 1/2 : FROM busybox:1' }, { stream: '\n' }, { stream: 'Step 2/2 : RUN make' }];
const after = [{ aux: { ID: id } }, { stream: `Successfully built ${id.slice(7, 19)}\n` }];

/** The same for every peer that builds. */
const builds = (prepare, describe = outcomeText, peers = ['docker', 'buildah', 'testcontainers']) =>
  Object.fromEntries(peers.map((peer) => [peer, (given) => buildOne(given, peer, prepare, describe)]));

async function buildOne(given, peer, prepare, describe) {
  const prepared = await prepare(given, peer);
  const { options, context = given.context, close = () => undefined } = prepared;
  try {
    return await describe(await given.peers.build[peer](context, { limitMs: waitMs, ...options }), prepared);
  } finally {
    await close();
  }
}

const withFile =
  (text, more = () => ({})) =>
  (given) => {
    given.dockerfile(text(given));
    return more(given);
  };

/** A push by each peer that pushes, of an image that it has. */
function pushes(prepare, describe = outcomeText) {
  return Object.fromEntries(
    ['docker', 'skopeo', 'buildah'].map((peer) => [
      peer,
      async (given) => {
        const proxy = await startRegistryProxy({ target: given.registry.host });
        try {
          const name = `${proxy.host}/peer/${peer}:${(given.count += 1)}`;
          const go = await pusher(given, peer, name);
          await prepare(proxy, given);
          return describe(await go(), proxy);
        } finally {
          await proxy.stop();
        }
      },
    ]),
  );
}

/** Manifests are answered with an error as registries word it. */
const refusing =
  ({ code, headers, ...rule }) =>
  (proxy) =>
    proxy.addRule({
      method: 'PUT',
      path: /\/manifests\//,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }),
      ...rule,
    });

const withAttempts = (run, proxy) => {
  const attempts = proxy.requests.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/')).length;
  return `${outcomeText(run)}, ${attempts} attempt${attempts === 1 ? '' : 's'}`;
};

async function pusher({ peers, base, dockerfile, context, count }, peer, name) {
  const options = { limitMs: 90_000 };
  if (peer === 'skopeo')
    return () =>
      peers.skopeo(
        ['copy', '--src-tls-verify=false', '--dest-tls-verify=false', `docker://${base}`, `docker://${name}`],
        options,
      );
  dockerfile(`FROM ${base}\nRUN echo ${count} > /count\n`);
  const built = await peers.build[peer](context, { args: ['-t', name], limitMs: 600_000 });
  if (built.status !== 0) throw new Error(`${peer} cannot build what it is to push: ${built.output}`);
  return peer === 'docker'
    ? () => peers.docker(['push', name], options)
    : () => peers.buildah(['push', '--signature-policy', peers.policy, '--tls-verify=false', name], options);
}

const fakeBuild = (body, framing) => async (given) => {
  given.dockerfile('FROM busybox:1\nRUN make\n');
  const fake = await startFakeEngine();
  fake.on('POST', '/build', {
    headers: { 'Content-Type': 'application/json' },
    body,
    ...(framing === undefined ? {} : { framing }),
  });
  return { options: { engine: fake.host }, close: () => fake.stop() };
};
// testcontainers asks an engine for more than the fake one knows.
const byFake = ['docker'];

const says = (pattern, yes, no) => (run) => `${outcomeText(run)}, ${pattern.test(run.output) ? yes : no}`;

async function evilHost(given) {
  const seen = [];
  const server = createHttpServer((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(401, { 'Www-Authenticate': 'Basic realm="x"' }).end('{}');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${server.address().port}`;
  given.credentials(given.privateRegistry.dockerConfig());
  given.dockerfile(`FROM ${host}/x:1\n`);
  return { host, seen, close: () => new Promise((resolve) => server.close(resolve)) };
}
/** An empty header, which skopeo and buildah send, tells nothing. */
const sentCredentials = (run, { seen }) => {
  const said = seen.map((header = '') => Buffer.from(header.replace(/^\w+ /, ''), 'base64').toString());
  return `${outcomeText(run)}, ${said.some((text) => text.length > 1) ? 'sends credentials' : 'sends no credentials'}`;
};

const token = 'tok-en-of-the-url';
const gitBuild =
  (url, args = []) =>
  (given) => ({ context: url(given), options: { args } });
const fakeGit = (given, act) => {
  const directory = join(given.home, 'fake-git');
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, 'git'),
    `#!/bin/sh\ncase " $* " in *" fetch "*|*" clone "*) ${act};; esac\nPATH='${process.env.PATH}' exec git "$@"\n`,
  );
  chmodSync(join(directory, 'git'), 0o755);
  return directory;
};

async function silentServer() {
  const sockets = new Set();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: server.address().port, close };
}

const cancel = (signal) => ({
  options: { limitMs: 60_000, signals: [{ after: /cancel me/, act: (child) => child.kill(signal) }] },
});
/** In whole seconds: what is left of a second is the machine's. */
const cancelled = (run) => {
  const seconds = Math.ceil(run.sinceSignalMs / 1000);
  return `${outcomeText(run)} within ${seconds} s`;
};
const slowly = ({ base }) => `FROM ${base}\nRUN echo cancel me; sleep 45\n`;

async function ownEngine(given, options, act = () => undefined) {
  const engine = await startEngine({ version: '20.10', ...options });
  await given.baseIn(engine);
  return { options: { engine: engine.host, limitMs: 90_000, ...act(engine) }, close: () => engine.stop() };
}

/** What a refused image name comes to. */
const named = (name) =>
  builds(
    withFile(
      ({ base }) => `FROM ${base}\n`,
      () => ({ options: { args: ['-t', name], name } }),
    ),
    says(new RegExp(name), 'names it', 'does not name it'),
  );

export const cases = {
  1: builds(
    withFile(({ base }) => `FROM ${base}\nRUN echo words; exit 3\n`),
    says(/\bcode:? 3|status 3/, 'names the 3', 'does not name the 3'),
  ),
  2: {
    ...builds((given) => evilHost(given), sentCredentials),
    skopeo: async (given) => {
      const evil = await evilHost(given);
      const run = await given.peers.skopeo(['inspect', '--tls-verify=false', `docker://${evil.host}/x:1`]);
      await evil.close();
      return sentCredentials(run, evil);
    },
  },
  3: {
    ...builds((given) => {
      given.credentials(given.privateRegistry.dockerConfig());
      given.dockerfile(`FROM ${given.privateBase}\nLABEL a=b\n`);
      return {};
    }),
    skopeo: async (given) => {
      given.credentials(given.privateRegistry.dockerConfig());
      return outcomeText(await given.peers.skopeo(['inspect', '--tls-verify=false', `docker://${given.privateBase}`]));
    },
  },
  4: builds(
    gitBuild(({ gitHost }) => `http://u:${token}@${gitHost}/missing.git`),
    says(new RegExp(token), 'prints the token', 'does not print the token'),
    ['docker', 'buildah'],
  ),
  6: builds(
    gitBuild(({ gitUrl }) => `${gitUrl}#--upload-pack=touch x`),
    outcomeText,
    ['docker', 'buildah'],
  ),
  7: builds(
    gitBuild(() => 'ext::sh -c "touch marker"'),
    outcomeText,
    ['docker', 'buildah'],
  ),
  8: builds(
    gitBuild(({ gitUrl }) => gitUrl, ['-f', '../../../../../../etc/hostname']),
    outcomeText,
    ['docker', 'buildah'],
  ),
  9: builds(
    async (given) => {
      given.dockerfile('FROM busybox:1\nRUN echo cancel me; sleep 45\n');
      return ownEngine(given, {}, (engine) => ({ signals: [{ after: /cancel me/, act: () => void engine.kill() }] }));
    },
    outcomeText,
    ['docker'],
  ),
  11: builds(
    withFile(slowly, () => cancel('SIGINT')),
    cancelled,
    ['docker', 'buildah'],
  ),
  12: builds(
    withFile(slowly, () => cancel('SIGTERM')),
    cancelled,
    ['docker', 'buildah'],
  ),
  14: pushes(
    refusing({ times: 2, status: 429, code: 'TOOMANYREQUESTS', headers: { 'Retry-After': '1' } }),
    withAttempts,
  ),
  15: pushes(refusing({ status: 500, code: 'UNKNOWN' }), withAttempts),
  16: Object.fromEntries(
    ['docker', 'skopeo', 'buildah'].map((peer) => [
      peer,
      async (given) => {
        const { host, username } = given.privateRegistry;
        const wrong = Buffer.from(`${username}:wrong-password`).toString('base64');
        const go = await pusher(given, peer, `${host}/peer/${peer}:1`);
        given.credentials({ auths: { [host]: { auth: wrong } } });
        return says(new RegExp(host), 'names the registry', 'does not name the registry')(await go());
      },
    ]),
  ),
  18: pushes((proxy) => proxy.addRule({ method: 'PUT', path: /\/manifests\//, stall: true })),
  19: builds(fakeBuild(jsonLines([...before, { stream: 'half\n' }])), outcomeText, byFake),
  20: builds(
    fakeBuild([
      ...jsonLines(before),
      JSON.stringify({ errorDetail: { message: 'the first failure' }, error: 'the first failure' }),
    ]),
    says(/the first failure/, 'tells it', 'does not tell it'),
    byFake,
  ),
  21: builds(fakeBuild(everyByte(jsonLines([...before, { stream: 'é😀\n' }, ...after]).join(''))), outcomeText, byFake),
  22: builds(
    (given) => ({
      context: given.gitUrl,
      options: { env: { PATH: `${fakeGit(given, 'kill -9 $$')}:${process.env.PATH}` } },
    }),
    outcomeText,
    ['docker', 'buildah'],
  ),
  23: builds(
    async () => {
      const { port, close } = await silentServer();
      return { context: `http://127.0.0.1:${port}/r.git`, close };
    },
    outcomeText,
    ['docker', 'buildah'],
  ),
  29: named('Foo/bar:tag!'),
  30: builds((given) => {
    given.newContext();
    execFileSync('mkfifo', [join(given.context, 'Dockerfile')]);
    return { context: given.context };
  }),
  31: builds(
    (given) => {
      given.newContext();
      given.dockerfile(`FROM ${given.base}\nCOPY . /all/\n`);
      execFileSync('mkfifo', [join(given.context, 'fifo')]);
      return { context: given.context };
    },
    says(/fifo/, 'names it', 'without a word'),
  ),
  32: builds(
    (given) => {
      given.newContext();
      given.dockerfile(`FROM ${given.base}\nCOPY . /all/\n`);
      writeFileSync(join(given.context, '.dockerignore'), 'a\n[a-\n');
      return { context: given.context };
    },
    says(/line 2|:2\b/, 'names the line', 'does not name the line'),
  ),
  34: builds(
    withFile(
      ({ base }) =>
        `FROM ${base}\nRUN yes abcdefghijklmnopqrstuvwxyz | head -c 24000000; printf '\\033]0;title\\007\\n'\n`,
      () => ({ options: { limitMs: 120_000 } }),
    ),
    (run) =>
      `${outcomeText(run)}, ${Math.round(run.peak / 2 ** 20)} MiB${run.output === '' || run.output.length < 1000 ? ', shows none of it' : run.output.includes('\u001b]0;title') ? ', controls reach the terminal' : ', the last line is lost'}`,
  ),
  35: builds(
    async (given) => {
      given.dockerfile('FROM busybox:1\nRUN dd if=/dev/zero of=/big bs=1M count=200\n');
      return ownEngine(given, { dataRootBytes: 60 * 2 ** 20 });
    },
    outcomeText,
    ['docker', 'testcontainers'],
  ),
  36: builds(
    withFile(
      ({ base }) => `FROM ${base}\nRUN tail -c 400m /dev/zero > /dev/null\n`,
      () => ({ options: { args: ['--memory', '20m'] } }),
    ),
    says(/out of memory|OOM/i, 'says memory', 'does not say memory'),
    ['docker'],
  ),
  37: builds(
    async (given) => {
      given.dockerfile(`FROM ${given.base}\n`);
      let first;
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', (data) => {
          first ??= data[0];
          socket.destroy();
        });
      });
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const engine = `tcp://127.0.0.1:${server.address().port}`;
      return {
        options: { engine, env: { DOCKER_TLS_VERIFY: 'true' } },
        first: () => first,
        close: () => server.close(),
      };
    },
    (run, { first }) =>
      `${outcomeText(run)}, ${first() === undefined ? 'sends nothing' : first() === 0x16 ? 'speaks TLS' : 'speaks plain http'}`,
    ['docker', 'testcontainers'],
  ),
};

/** Everything that the cases share, for one run of all of them. */
export async function openGiven(home, openPeers, baseImage) {
  const engine = await startEngine({ version: '20.10' });
  const registry = await startRegistry();
  const privateRegistry = await startRegistry({ auth: 'basic', password: 'pa>>>???~~~\u00ff\u00fe\u00fb' });
  const git = await startGitServer();
  mkdirSync(join(home, 'docker'));
  const base = (await baseImage(registry, { name: 'peer/busybox:1' })).reference;
  const { url } = await git.createRepository('peer', { Dockerfile: `FROM ${base}\nLABEL a=b\n` });
  const given = {
    home,
    registry,
    privateRegistry,
    base,
    privateBase: (await baseImage(privateRegistry, { name: 'peer/private:1' })).reference,
    gitUrl: url,
    gitHost: new URL(git.url).host,
    peers: await openPeers(home, engine.host),
    count: 0,
    context: '',
    newContext() {
      given.count += 1;
      given.context = join(home, `context-${given.count}`);
      mkdirSync(given.context);
    },
    dockerfile: (text) => writeFileSync(join(given.context, 'Dockerfile'), text),
    credentials: (config) => writeFileSync(join(home, 'docker', 'config.json'), JSON.stringify(config)),
    baseIn: (target) => baseImage(target),
    close: () => Promise.all([engine.stop(), registry.stop(), privateRegistry.stop(), git.stop()]),
  };
  return given;
}
