// The sections of docs/benchmarks.md that `npm run bench` measures: what each says, and the table of its rows.
const ms = (value) => (value < 10 ? value.toFixed(2) : Math.round(value).toString());
const ratio = (value) => value.toFixed(2);
const mib = (bytes) => Math.round(bytes / 2 ** 20).toString();
const cpu = [
  ['dock, CPU ms', (row) => ms(row.aCpu)],
  ['rival, CPU ms', (row) => ms(row.bCpu)],
  ['CPU dock / rival', (row) => ratio(row.cpuRatio)],
];
const pairs = ['pairs', (row) => row.pairs];
const range = ['lowest to highest', (row) => `${ratio(row.low)} to ${ratio(row.high)}`];

export const sections = {
  'end-to-end': {
    title: 'From git to several repositories',
    text: `dock against the shell script that a user would write (clone, pull, build, tag, push): same engine, same builder, same registry, the build cached for both.
dock also verifies each digest with the registry, which the script does not. A bare Node client that does nothing but overlap was measured at 0.73 and 0.54.`,
    columns: [
      ['repositories', (row) => row.count],
      ['dock, ms', (row) => ms(row.a)],
      ['script, ms', (row) => ms(row.b)],
      ['dock / script', (row) => ratio(row.ratio)],
      range,
      ...cpu,
      pairs,
      ['target', (row) => (row.count === 2 ? '0.80' : '0.60')],
    ],
  },
  builder: {
    title: 'Building and publishing beside buildx',
    text: `\`dock build\` against the form of its rival that is the fastest, on the same engine, registry and source, each a whole process. Times are those of the client; CPU is that of all its
processes. dock asks each registry for what it holds after a push; its rivals do not. The bare client does the same calls with plain Node and dock's own client of BuildKit, overlapped, and nothing else:
what dock takes above it is the price of hooks, checks, log and result.`,
    columns: [
      ['engine', (row) => row.engine],
      ['what', (row) => row.work],
      ['against', (row) => row.rival],
      ['dock, ms', (row) => ms(row.a)],
      ['rival, ms', (row) => ms(row.b)],
      ['dock / rival', (row) => ratio(row.ratio)],
      range,
      ['target', (row) => (row.target === undefined ? '' : ratio(row.target))],
      ...cpu,
      pairs,
    ],
  },
  context: {
    title: 'Sending a build context',
    text: `\`dock build DIR\` against \`docker build DIR\` by BuildKit: the whole process, with a step that takes all of the context and copies none of it. Memory is the sum of
the peaks of all processes of the command (docker starts buildx), which for Node alone is about 45 MiB.`,
    columns: [
      ['what', (row) => row.what],
      ['against', (row) => row.rival],
      ['dock, ms', (row) => ms(row.dockMs)],
      ['rival, ms', (row) => ms(row.rivalMs)],
      ['dock / rival', (row) => ratio(row.ratio)],
      range,
      ['dock, MiB', (row) => mib(row.dockRss)],
      ['rival, MiB', (row) => mib(row.rivalRss)],
      ['dock / rival', (row) => ratio(row.rssRatio)],
      pairs,
    ],
  },
  'start-up': {
    title: 'Starting',
    text: '',
    columns: [
      ['what', (row) => row.title],
      ['ms', (row) => ms(row.ms)],
      ['bare Node, ms', (row) => ms(row.bare)],
      ['above bare Node, ms', (row) => ms(row.above)],
      ['target, ms', (row) => row.target],
      pairs,
    ],
  },
  runners: {
    title: 'Runners',
    text: `\`dock build\` of a directory in a runner, against another: the whole process, with a new build container for each run, and for privileged a new engine in it. After a
changed file a step of some seconds runs again.`,
    columns: [
      ['what', (row) => row.what],
      ['runner', (row) => row.name],
      ['ms', (row) => ms(row.a)],
      ['against', (row) => row.against],
      ['ms', (row) => ms(row.b)],
      ['above, ms', (row) => ms(row.above)],
      ['ratio', (row) => ratio(row.ratio)],
      range,
      ['target', (row) => row.target],
      pairs,
    ],
  },
  taps: {
    title: 'Taps',
    text: 'One phase with no-op taps, under the guard (median of 200 calls).',
    columns: [
      ['taps', (row) => row.count],
      ['ms', (row) => ms(row.ms)],
      ['target, ms', (row) => (row.count === 100 ? '2' : '')],
    ],
  },
};
