// The floor: the calls of a build and its pushes, overlapped, by plain Node and dock's client of BuildKit, without anything that dock is for: no hooks, checks, log or result.
import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { solveBuild } from '@dock/buildkit';

const [directory, ...names] = process.argv.slice(2);
const socketPath = process.env.DOCKER_HOST.replace('unix://', '');

function ask(method, path, { host, body } = {}) {
  const [hostname, port] = host?.split(':') ?? [];
  const where = host === undefined ? { socketPath } : { hostname, port };
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...where,
        method,
        path,
        headers: {
          Accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
          'X-Registry-Auth': 'e30=',
        },
      },
      (answer) => {
        const parts = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (answer.statusCode >= 400) reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
          else resolve({ text, headers: answer.headers });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A connection that the engine upgraded. */
const upgraded =
  (path) =>
  async (...args) => {
    const act = args.at(-1);
    const headers = args.length === 3 ? args[0] : {};
    const { socket, head } = await new Promise((resolve, reject) => {
      const sent = request({
        socketPath,
        method: 'POST',
        path,
        headers: { ...headers, Connection: 'Upgrade', Upgrade: 'h2c' },
      });
      sent.on('upgrade', (_, socket, head) => resolve({ socket, head }));
      sent.on('error', reject);
      sent.end();
    });
    if (head.length > 0) socket.unshift(head);
    try {
      return await act(socket);
    } finally {
      socket.destroy();
    }
  };

const text = readFileSync(join(directory, 'Dockerfile'), 'utf8');
const [, baseHost, baseName, baseTag] = /^FROM ([^/]+)\/(.*):(.*)/.exec(text);
const door = { direct: upgraded('/grpc'), session: upgraded('/session') };
const spec = {
  contextDir: directory,
  dockerfile: { path: join(directory, 'Dockerfile'), text },
  bases: [],
  references: [],
  buildArgs: {},
  labels: {},
  platforms: [],
  builder: 'auto',
  noCache: false,
  pull: false,
  network: 'none',
};
const [evidence] = await Promise.all([
  solveBuild(spec, { door, source: { get: async () => undefined }, env: {}, machine: 'bare' }, {}),
  ask('GET', '/_ping'),
  ask('GET', '/info'),
  ask('HEAD', `/v2/${baseName}/manifests/${baseTag}`, { host: baseHost }),
]);
if (evidence.imageId === undefined) throw new Error(JSON.stringify(evidence));
await Promise.all(
  names.map(async (name) => {
    const [, host, repository, tag] = /^([^/]+)\/(.*):(.*)$/.exec(name);
    await ask('POST', `/images/${evidence.imageId}/tag?repo=${host}/${repository}&tag=${tag}`);
    const { text: stream } = await ask('POST', `/images/${host}/${repository}/push?tag=${tag}`);
    const pushed = /digest: (sha256:[0-9a-f]{64})/.exec(stream)?.[1];
    const { headers } = await ask('HEAD', `/v2/${repository}/manifests/${tag}`, { host });
    if (pushed === undefined || headers['docker-content-digest'] !== pushed) throw new Error(stream);
  }),
);
