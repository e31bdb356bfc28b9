// From git to several repositories, against the shell script that a user would write: same engine, same builder, same registry.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timePairs } from './measure.mjs';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));

const script = `set -eu
url=$1; base=$2; dir=$3; tag=$4; shift 4
git clone --quiet --depth 1 "$url" "$dir/src"
docker pull --quiet "$base" >/dev/null
docker build --quiet --network host --tag "bench-local:$tag" "$dir/src" >/dev/null
for repository in "$@"; do
  docker tag "bench-local:$tag" "$repository:$tag"
  docker push --quiet "$repository:$tag" >/dev/null
done
rm -rf "$dir/src"
`;

/** @param rig `{ host, docker, registry, gitUrl, commit(), base }`: the rig's engine, client, registry and repository. */
export async function endToEnd(rig) {
  const directory = mkdtempSync(join(tmpdir(), 'dock-bench-'));
  const file = join(directory, 'publish.sh');
  writeFileSync(file, script);
  const env = { DOCKER_HOST: rig.host, DOCKER_BUILDKIT: '1', PATH: `${rig.dockerDirectory}:${process.env.PATH}` };
  const rows = [];
  try {
    for (const count of [2, 4]) {
      const repositories = (who) =>
        Array.from({ length: count }, (_, index) => `${rig.registry}/bench-${who}-${count}-${index}`);
      const dock = (i) => ({
        command: process.execPath,
        args: [
          bin,
          'build',
          rig.gitUrl,
          '--no-config',
          '--network',
          'host',
          '--push',
          '--progress',
          'none',
          ...repositories('dock').flatMap((name) => ['--tag', `${name}:run${i + 10}`]),
        ],
        env,
        cwd: directory,
      });
      const shell = (i) => ({
        command: 'sh',
        args: [file, rig.gitUrl, rig.base, directory, `run${i + 10}`, ...repositories('shell')],
        env,
        cwd: directory,
      });
      rows.push({ count, ...timePairs(dock, shell, { pairs: 9 }) });
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return rows;
}
