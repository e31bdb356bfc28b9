import { renameSync, writeFileSync } from 'node:fs';

/** What every program of the rig does: read its options, start, tell the state. A file appears under its name only when it is whole. */
export async function runService<Options, State>(start: (options: Options) => Promise<State>): Promise<void> {
  const [stateFile, options] = process.argv.slice(2);
  if (stateFile === undefined || options === undefined) throw new Error('usage: STATE-FILE OPTIONS-JSON');
  const state = await start(JSON.parse(options) as Options);
  writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  renameSync(`${stateFile}.new`, stateFile);
}
