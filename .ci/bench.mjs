// Measure against rivals in the same run, and write each section of docs/benchmarks.md that was measured: `npm run bench [-- SECTION ...]`.
import { join } from 'node:path';
import { table, writeSection } from './benchmarks-page.mjs';
import { setup } from './setup.mjs';
import { root } from './steps.mjs';

const bench = join(root, 'packages', 'cli', 'bench');
const { sections } = await import(join(bench, 'sections.mjs'));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => sections[name] === undefined);
if (unknown.length > 0)
  throw new Error(`no such section: ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`);

setup();
const [{ builder }, { contextTransfer }, { endToEnd }, { startUp }, { runnerOverhead }, { taps }, { openBenchRig }] =
  await Promise.all(
    ['builder', 'context', 'end-to-end', 'start-up', 'runners', 'taps', 'rig'].map(
      (name) => import(join(bench, `${name}.mjs`)),
    ),
  );
const measure = {
  'end-to-end': endToEnd,
  builder: () => builder(),
  context: contextTransfer,
  'start-up': ({ host }) => startUp(host),
  runners: runnerOverhead,
  taps,
};
const rig = await openBenchRig();
try {
  for (const name of asked.length > 0 ? asked : Object.keys(sections)) {
    const { title, text, columns } = sections[name];
    const rows = await measure[name](rig);
    writeSection(name, {
      title,
      command: `npm run bench -- ${name}`,
      versions: [`Engine ${rig.engineVersion}`],
      text: `${text}\n\n${table(columns, rows)}`,
    });
  }
} finally {
  await rig.close();
}
