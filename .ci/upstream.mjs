// Builds the cases of ../shared/upstream, out of other projects' test suites, with docker and with dock on one engine, and judges what differs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beside, dockEntry, script, withField } from './beside.mjs';
import { run } from './steps.mjs';
import { judge, sayDifference } from './upstream-verdicts.mjs';

/** The rig's engines have no bridge, so the steps of every case use the host's network unless it names another. */
function clients(directory, docker) {
  const dock = `"${process.execPath}" "${dockEntry}" build`;
  return {
    docker: script(directory, 'docker', ['host=$2; shift 3', `exec "${docker}" -H "$host" build --network host "$@"`]),
    dock: script(directory, 'dock', [
      'shift',
      `for word; do case $word in --network | --network=*) exec ${dock} "$@" ;; esac; done`,
      `exec ${dock} --network host "$@"`,
    ]),
  };
}

/**
 * Build the cases on one kind of engine: with the classic builder on 20.10, with BuildKit on the others.
 *
 * @param name of the kind
 * @param filter a regular expression on the cases' IDs
 * @returns `undefined` where there are none, else `{ agreed, chance, intended, disagreed }`, each a list of what is to be said
 */
export async function runUpstream(name, filter = '.') {
  const directory = beside('upstream');
  if (directory === undefined) return undefined;
  const inputs = new Map(
    JSON.parse(readFileSync(join(directory, 'cases.json'), 'utf8')).cases.map((input) => [input.id, input]),
  );
  return withField(name, async ({ engine, directory: own, docker, env }) => {
    const builder = engine.version === '20.10' ? 'classic' : 'buildkit';
    const commands = clients(own, docker);
    const built = (pattern, out, jobs) => {
      const asked = [join(directory, 'run.mjs'), commands.dock, engine.host, pattern, '--builder', builder];
      const more = ['--docker', commands.docker, '--work', join(own, 'work'), '--out', join(own, out), '--jobs', jobs];
      const status = run(process.execPath, [...asked, ...more], { env });
      if (status !== 0) throw new Error(`the runner of the cases ended with status ${status}`);
      return linesOf(join(own, out)).map((result) => ({ result, ...judge(result, inputs.get(result.id), builder) }));
    };
    const first = built(filter, 'first.jsonl', '2');
    const again = first.filter(({ is }) => is === 'disagreed').map(({ result }) => result.id);
    // Docker's own client dates a directory by when it was written now and then, beside other builds: what disagrees is asked again, alone.
    const second = again.length === 0 ? [] : built(`^(?:${again.map(asPattern).join('|')})$`, 'second.jsonl', '1');
    const judged = first.map((each) => second.find(({ result }) => result.id === each.result.id) ?? each);
    const results = { agreed: [], chance: [], intended: [], disagreed: [] };
    for (const { result, is, row } of judged)
      results[is].push(row === undefined ? sayDifference(result) : `${result.id}: ${row}`);
    for (const is of ['intended', 'disagreed']) for (const said of results[is]) console.log(`${name} ${is}: ${said}`);
    return results;
  });
}

const asPattern = (text) => text.replaceAll(/[^\w/-]/g, '\\$&');

function linesOf(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const results = await runUpstream(...process.argv.slice(2));
  if (results === undefined) console.log('there is no ../shared/upstream');
  else
    console.log(
      Object.entries(results)
        .map(([is, { length }]) => `${length} ${is}`)
        .join(', '),
    );
}
