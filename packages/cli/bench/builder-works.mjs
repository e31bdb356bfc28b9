// The works that dock and a rival do in turn on one engine. Each prepares what it needs and gives the two commands of a pair.
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const bare = fileURLToPath(new URL('./bare-client.mjs', import.meta.url));

/** The script that publishes a git repository under several names, its pushes one after the other or side by side. */
const script = (isSideBySide) => `set -eu
url=$1; base=$2; dir=$3; tag=$4; shift 4
git clone --quiet --depth 1 "$url" "$dir"
docker pull --quiet "$base" >/dev/null
docker build --quiet --network none --tag "bench-local:$tag" "$dir" >/dev/null
for repository in "$@"; do
  docker tag "bench-local:$tag" "$repository:$tag"
  docker push --quiet "$repository:$tag" >/dev/null${isSideBySide ? ' &' : ''}
done
${isSideBySide ? 'for job in $(jobs -p); do wait "$job"; done\n' : ''}rm -rf "$dir"
`;

function project(directory, base) {
  mkdirSync(join(directory, 'app'), { recursive: true });
  writeFileSync(
    join(directory, 'Dockerfile'),
    `FROM ${base}\nCOPY app /app\nRUN cat /app/* > /all\nCMD ["cat", "/all"]\n`,
  );
  for (let index = 0; index < 40; index++)
    writeFileSync(join(directory, 'app', `file-${index}.txt`), `line ${index}\n`.repeat(50));
  return directory;
}

function manyFiles(directory, { dockerfile, count, bytes }) {
  mkdirSync(directory);
  writeFileSync(join(directory, 'Dockerfile'), dockerfile);
  for (let index = 0; index < count; index++) {
    const parent = join(directory, `dir-${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(parent);
    writeFileSync(join(parent, `file-${index}`), randomBytes(bytes));
  }
  return directory;
}

const dock = (args) => ({
  command: process.execPath,
  args: [bin, 'build', '--network', 'none', ...args, '--no-config', '--progress', 'none'],
});
const buildx = ({ docker }, args) => ({
  command: docker,
  args: ['buildx', 'build', '--builder', 'default', '--network', 'none', '--quiet', '--provenance=false', ...args],
});
const tagged = (names) => names.flatMap((name) => ['--tag', name]);

/**
 * @param rig `{ docker, registry, base, gitUrl, directory, engine, forget() }`
 * @returns `[{ work, rival, target, cpuTarget, dock(i), against(i), prepare?(i) }]`
 */
export function works(rig) {
  const { directory, base, registry } = rig;
  const names = (who, work, count, i) =>
    Array.from({ length: count }, (_, index) => `${registry}/${rig.name}-${who}-${work}-${index}:run${i + 10}`);
  const small = project(join(directory, 'small'), base);
  const cached = (count, target) => ({
    work: `cached build and push, ${count} ${count === 1 ? 'tag' : 'tags'}`,
    rival: '`buildx build --push`',
    target,
    dock: (i) => dock([small, '--push', ...tagged(names('dock', 'cached', count, i))]),
    against: (i) => buildx(rig, [small, '--push', ...tagged(names('rival', 'cached', count, i))]),
  });

  const big = join(directory, 'big');
  mkdirSync(big);
  writeFileSync(
    join(big, 'Dockerfile'),
    `FROM ${base}\nRUN dd if=/dev/urandom of=/big bs=1M count=200\nARG RUN_ID\nLABEL run=$RUN_ID\n`,
  );
  const labelled = (who, i) => [big, '--build-arg', `RUN_ID=${who}${i}-${rig.name}`];

  const cold = manyFiles(join(directory, 'cold'), {
    dockerfile: `FROM ${base}\nCOPY . /app\n`,
    count: 8000,
    bytes: 25_000,
  });
  const many = manyFiles(join(directory, 'many'), {
    dockerfile: `FROM ${base}\nARG RUN_ID\nRUN --mount=target=/context : $RUN_ID\n`,
    count: 20_000,
    bytes: 1000,
  });
  // A name that the builder has not seen has nothing to be compared with: everything travels.
  let moves = 0;
  const moved = (made) => {
    rig.forget();
    const fresh = `${made.replace(/-moved-.*$/, '')}-moved-${moves++}`;
    renameSync(made, fresh);
    return fresh;
  };
  let [coldAt, manyAt] = [cold, many];
  const run = (who, i) => ['--build-arg', `RUN_ID=${who}${i}-${moves}`];

  const git = (count, form, target) => {
    const file = join(directory, `${form}.sh`);
    writeFileSync(file, script(form === 'side-by-side'));
    return {
      work: `from git, cached, to ${count} ${count === 1 ? 'repository' : 'repositories'}`,
      rival:
        form === 'buildx'
          ? '`buildx build URL --push`'
          : `the script, pushes ${form === 'side-by-side' ? 'side by side' : 'one after the other'}`,
      target,
      dock: (i) => dock([rig.gitUrl, '--push', ...tagged(names('dock', form, count, i))]),
      against: (i) =>
        form === 'buildx'
          ? buildx(rig, [rig.gitUrl, '--push', ...tagged(names('rival', form, count, i))])
          : {
              command: 'bash',
              args: [
                file,
                rig.gitUrl,
                base,
                join(directory, `src-${form}-${count}-${i + 10}`),
                `run${i + 10}`,
                ...names('rival', form, count, i).map((name) => name.replace(/:[^:]*$/, '')),
              ],
            },
    };
  };

  return [
    cached(1, 1.05),
    cached(4, 1),
    ...[1, 4].map((count) => ({
      ...cached(count, 1.25),
      rival: 'a bare client',
      against: (i) => ({ command: process.execPath, args: [bare, small, ...names('bare', 'cached', count, i)] }),
    })),
    {
      work: 'an image of 200 MB, only a label differs, no push',
      rival: '`buildx build`',
      target: 1.1,
      dock: (i) => dock(labelled('dock', i)),
      against: (i) => buildx(rig, labelled('rival', i)),
    },
    {
      work: 'cold, 200 MB of context in 8,000 files',
      rival: '`buildx build`',
      target: 1,
      dock: () => dock([(coldAt = moved(coldAt))]),
      against: () => buildx(rig, [(coldAt = moved(coldAt))]),
    },
    {
      work: '20,000 files sent whole',
      rival: '`buildx build`',
      target: 1,
      dock: (i) => dock([(manyAt = moved(manyAt)), ...run('dock', i)]),
      against: (i) => buildx(rig, [(manyAt = moved(manyAt)), ...run('rival', i)]),
    },
    {
      work: '20,000 files again, one changed',
      rival: '`buildx build`',
      target: 1,
      dock: (i) => (
        writeFileSync(join(manyAt, 'dir-0', 'file-0'), randomBytes(1000)), dock([manyAt, ...run('dock', i)])
      ),
      against: (i) => (
        writeFileSync(join(manyAt, 'dir-0', 'file-0'), randomBytes(1000)), buildx(rig, [manyAt, ...run('rival', i)])
      ),
    },
    git(1, 'one-after-the-other'),
    git(2, 'one-after-the-other', 0.8),
    git(4, 'one-after-the-other', 0.6),
    git(2, 'side-by-side', 0.9),
    git(4, 'side-by-side', 0.7),
    git(2, 'buildx'),
    git(4, 'buildx'),
  ];
}
