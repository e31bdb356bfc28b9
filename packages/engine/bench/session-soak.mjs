// Many builds with a session of their own each, in one process: sockets, handles and memory must not grow.
//   node packages/engine/bench/session-soak.mjs unix:///path/to/engine.sock [builds = 500]
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEngine } from '../dist/bundle/index.js';

const [host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock', count = '500'] = process.argv.slice(2);
const builds = Number(count);
if (!host.startsWith('unix://') || !(builds > 20))
  throw new Error('usage: session-soak.mjs unix:///socket [builds > 20]');

const contextDir = mkdtempSync(join(tmpdir(), 'dock-session-soak-'));
writeFileSync(join(contextDir, 'file'), 'content');
writeFileSync(join(contextDir, 'secret'), 'value-of-the-secret');
const port = await connectEngine({
  endpoint: { kind: 'unix', socketPath: host.slice('unix://'.length), url: host, origin: 'the command line' },
  credentials: { get: async () => undefined },
});
const spec = {
  contextDir,
  dockerfile: { path: join(contextDir, 'Dockerfile'), text: 'FROM scratch\nCOPY file /file\n' },
  buildArgs: {},
  labels: {},
  platforms: [],
  builder: 'buildkit',
  noCache: false,
  pull: false,
  secrets: [{ id: 'a', file: join(contextDir, 'secret') }],
  bases: [],
  references: [],
};

async function measure() {
  await new Promise((resolve) => setTimeout(resolve, 300));
  globalThis.gc?.();
  const links = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return {
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    descriptors: links.length,
    handles: process.getActiveResourcesInfo().length,
    rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
    heapMiB: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
  };
}

const times = [];
const images = new Set();
let before;
try {
  for (let index = 0; index < builds; index += 1) {
    // What is loaded once is not a leak: the first ten do not count.
    if (index === 10) before = await measure();
    const startedAt = performance.now();
    images.add((await port.build(spec)).id);
    times.push(performance.now() - startedAt);
  }
  const after = await measure();
  const mean = (list) => Math.round(list.reduce((sum, each) => sum + each, 0) / list.length);
  const isFlat =
    after.sockets <= before.sockets && after.descriptors <= before.descriptors && after.handles <= before.handles;
  console.log(
    JSON.stringify({
      builds,
      before,
      after,
      firstMs: mean(times.slice(10, 20)),
      lastMs: mean(times.slice(-10)),
      isFlat,
    }),
  );
  process.exitCode = isFlat ? 0 : 1;
} finally {
  for (const id of images) await port.removeImage(id).catch(() => undefined);
  await port.close();
  rmSync(contextDir, { recursive: true, force: true });
}
