// docs/benchmarks.md: what was measured, on what, when.
import { cpus, totalmem } from 'node:os';

const ms = (value) => (value < 10 ? value.toFixed(2) : Math.round(value).toString());
const ratio = (value) => value.toFixed(2);
const mib = (bytes) => Math.round(bytes / 2 ** 20).toString();

export function report({ versions, endToEnd, context, startUp, taps }) {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}. Machine: ${machine}. ${versions.join(', ')}.
Whole processes, timed from outside, A and B in turn; medians, and the median of the pairs' ratios with the lowest and highest. Absolute times depend on
the machine; the ratios are the result.

## From git to several repositories

dock against the shell script that a user would write (clone, pull, build, tag, push): same engine, same builder, same registry, the build cached for both.
dock also verifies each digest with the registry, which the script does not. A bare Node client that does nothing but overlap was measured at 0.73 and 0.54.

| repositories | dock, ms | script, ms | dock / script | lowest to highest | pairs | target |
| --- | --- | --- | --- | --- | --- | --- |
${endToEnd.map((row) => `| ${row.count} | ${ms(row.a)} | ${ms(row.b)} | ${ratio(row.ratio)} | ${ratio(row.low)} to ${ratio(row.high)} | ${row.pairs} | ${row.count === 2 ? '0.80' : '0.60'} |`).join('\n')}

## Sending a build context

\`dock build DIR\` against \`docker build DIR\` by BuildKit: the whole process, with a step that takes all of the context and copies none of it. Memory is the sum of
the peaks of all processes of the command (docker starts buildx), which for Node alone is about 45 MiB.

| what | against | dock, ms | rival, ms | dock / rival | lowest to highest | dock, MiB | rival, MiB | dock / rival | pairs |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
${context.map((row) => `| ${row.what} | ${row.rival} | ${ms(row.dockMs)} | ${ms(row.rivalMs)} | ${ratio(row.ratio)} | ${ratio(row.low)} to ${ratio(row.high)} | ${mib(row.dockRss)} | ${mib(row.rivalRss)} | ${ratio(row.rssRatio)} | ${row.pairs} |`).join('\n')}

## Starting

| what | ms | bare Node, ms | above bare Node, ms | target, ms | pairs |
| --- | --- | --- | --- | --- | --- |
${startUp.map((row) => `| ${row.title} | ${ms(row.ms)} | ${ms(row.bare)} | ${ms(row.above)} | ${row.target} | ${row.pairs} |`).join('\n')}

## Taps

One phase with no-op taps, under the guard (median of 200 calls).

| taps | ms | target, ms |
| --- | --- | --- |
${taps.map((row) => `| ${row.count} | ${ms(row.ms)} | ${row.count === 100 ? '2' : ''} |`).join('\n')}
`;
}
