// Many builds, a third of them failing at random points; nothing may grow. Measured in full, it writes its sections of docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { table, writeSection } from '../../../.ci/benchmarks-page.mjs';
import { soakCli } from './soak-cli.mjs';
import { openSoakRig } from './soak-rig.mjs';

const pathTo = (file) => fileURLToPath(new URL(file, import.meta.url));

/** The JSON lines of a script that runs in a process of its own. */
async function linesOf(script, args) {
  const child = spawn(process.execPath, ['--expose-gc', script, ...args], { stdio: ['ignore', 'pipe', 2] });
  const lines = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    console.error(line);
    lines.push(JSON.parse(line));
  });
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return { lines, status };
}

async function api(rig, { builds, seed }) {
  const { close: _, ...plain } = rig;
  const every = Math.max(1, Math.round(builds / 10));
  const { lines, status } = await linesOf(pathTo('./soak-api.mjs'), [
    JSON.stringify({ ...plain, builds, seed, every }),
  ]);
  const samples = lines.filter((line) => line.builds !== undefined);
  const unexpected = lines.flatMap((line) => line.unexpected ?? []);
  return { samples, unexpected, tally: lines.find((line) => line.tally !== undefined)?.tally, isDone: status === 0 };
}

async function cli(rig, { builds, seed }) {
  return { ...(await soakCli(rig, { builds, seed, every: Math.max(1, Math.round(builds / 10)) })), isDone: true };
}

async function session(rig, { builds }) {
  const script = pathTo('../../engine/bench/session-soak.mjs');
  const { lines, status } = await linesOf(script, [rig.host, String(builds)]);
  const [told] = lines;
  return {
    samples:
      told === undefined
        ? []
        : [
            { ...told.before, builds: 10 },
            { ...told.after, builds: told.builds },
          ],
    unexpected: [],
    isDone: status === 0,
  };
}

/** What must not be more at the end than after the first tenth, where everything has been loaded once. */
const flat = ['descriptors', 'sockets', 'handles', 'containers', 'volumes', 'networks', 'temporary'];
/** Of these a few come and go: connections that are kept for the next request. A leak of one a build is hundreds. */
const pooled = new Set(['descriptors', 'sockets', 'handles']);
const pooledSlack = 3;
/** How much memory may move, MiB: a heap is collected when its engine sees fit. */
const memorySlack = 40;

function growth({ samples }) {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 2) return ['there are no two samples'];
  return [
    ...flat.flatMap((key) =>
      last[key] > first[key] + (pooled.has(key) ? pooledSlack : 0)
        ? [`${key} grew from ${first[key]} to ${last[key]}`]
        : [],
    ),
    ...(last.rss > first.rss + memorySlack ? [`memory grew from ${first.rss} to ${last.rss} MiB`] : []),
  ];
}

const column = (title, key) => [title, (row) => row[key]];
const held = [
  column('containers', 'containers'),
  column('volumes', 'volumes'),
  column('networks', 'networks'),
  column('temporary files', 'temporary'),
];
const own = [
  column('RSS, MiB', 'rss'),
  column('heap, MiB', 'heap'),
  column('descriptors', 'descriptors'),
  column('sockets', 'sockets'),
  column('handles', 'handles'),
];
const pages = {
  api: {
    title: 'Soak: builds in one process',
    text: 'Through the API: from git and from a directory in turn, by either builder, each with a gate and a push; a third fail: a Dockerfile that does not parse, a step, the gate, a plugin that throws in any hook, a push that is refused, a cancellation in any phase. Every result was what it must be.',
    columns: [column('builds', 'builds'), column('a build, ms', 'ms'), ...own, ...held],
  },
  cli: {
    title: 'Soak: builds by the command line',
    text: 'The same by `dock build`, one process each, cancelled by SIGINT. Memory is the most that one of the processes had.',
    columns: [column('builds', 'builds'), column('a build, ms', 'ms'), column('peak RSS, MiB', 'rss'), ...held],
  },
  session: {
    title: 'Soak: build sessions',
    text: 'BuildKit builds in one process through `@dock/engine`, each with a session of its own that sends the context and a secret.',
    columns: [
      column('builds', 'builds'),
      column('RSS, MiB', 'rssMiB'),
      column('heap, MiB', 'heapMiB'),
      column('descriptors', 'descriptors'),
      column('sockets', 'sockets'),
      column('handles', 'handles'),
    ],
  },
};

const soaks = { api, cli, session };

/** Builds of a soak in full. */
export const fullSoak = { api: 500, cli: 200, session: 500 };

/** Run soaks by name, one after the other. @returns whether all went as they must */
export async function soak(names, { builds, seed }) {
  let isGood = true;
  const rig = await openSoakRig();
  try {
    for (const name of names) {
      const outcome = await soaks[name](rig, { builds: builds ?? fullSoak[name], seed });
      const grown = growth(outcome);
      const wrong = [...outcome.unexpected.map((each) => JSON.stringify(each)), ...grown];
      for (const each of wrong) console.error(`${name}: ${each}`);
      const isFlat = outcome.isDone && wrong.length === 0;
      isGood &&= isFlat;
      const { title, text, columns } = pages[name];
      const codes = Object.entries(outcome.tally ?? {}).map(([code, count]) => `${code} ${count}`);
      const told = codes.length === 0 ? '' : `\n\nOutcomes: ${codes.join(', ')}.`;
      const page = `${text}\n\n${table(columns, outcome.samples)}${told}`;
      if (isFlat && builds === undefined)
        writeSection(`soak-${name}`, {
          title,
          command: `npm run soak -- ${name}`,
          versions: ['Engine 26'],
          text: page,
        });
      else console.log(page);
    }
  } finally {
    await rig.close();
  }
  return isGood;
}
