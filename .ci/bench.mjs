// Measure against rivals in the same run, and write docs/benchmarks.md.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { root } from './steps.mjs';

setup();
const bench = join(root, 'packages', 'cli', 'bench');
const [{ contextTransfer }, { endToEnd }, { report }, { startUp }, { taps }, { openBenchRig }] = await Promise.all(
  ['context', 'end-to-end', 'report', 'start-up', 'taps', 'rig'].map((name) => import(join(bench, `${name}.mjs`))),
);
const rig = await openBenchRig();
try {
  const versions = [
    `dock ${execFileSync(process.execPath, [join(root, 'packages/cli/bin/run.js'), '--version'], { encoding: 'utf8' }).trim()}`,
    `Node ${process.versions.node}`,
    `Engine ${rig.engineVersion}`,
  ];
  const text = report({
    versions,
    endToEnd: await endToEnd(rig),
    context: await contextTransfer(rig),
    startUp: startUp(rig.host),
    taps: await taps(),
  });
  writeFileSync(join(root, 'docs', 'benchmarks.md'), text);
  console.log(text);
} finally {
  await rig.close();
}
