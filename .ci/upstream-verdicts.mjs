// What a disagreement of dock with docker means: a row of docs/reference/differences.md, chance, or a fault of dock.

const directoryAlone = /^[^:]+: (?:m docker \d+ dock \d+, )?mtime docker \d+ dock \d+$/;
const timeAlone = /^[^:]+: mtime docker (\d+) dock (\d+)$/;
const contentAlone = /^[^:]+: (?:s docker \d+ dock \d+, )?c docker \w+ dock \w+$/;
const limits = /^The option "(?:memory|memorySwap|cpu\w+)" cannot be used with the builder "buildkit"/;

const hasFile = ({ files = [], dfFiles = [] }, isWanted) =>
  [...files, ...dfFiles].some(({ p, c = '' }) => isWanted(p, c));
const onlyDockBuilds = ({ docker, dock }) => docker?.rc !== 0 && dock?.rc === 0;
const onlyDockerBuilds = ({ docker, dock }) => docker?.rc === 0 && dock?.rc !== 0;

/** The rows of the page, by their first column, each with how a case of it is known. */
export const intended = {
  'allow-lists': (result, input, builder) =>
    builder === 'classic' &&
    hasFile(input, (path, text) => path.endsWith('.dockerignore') && /^!/m.test(text)) &&
    (onlyDockBuilds(result) || (result.diff ?? []).every((line) => directoryAlone.test(line))),
  'own ignore file': (_result, input, builder) =>
    builder === 'classic' && hasFile(input, (path) => /[^/]\.dockerignore$/.test(path)),
  'kept contexts': ({ verdict, diff = [] }, _input, builder) =>
    builder === 'buildkit' &&
    verdict === 'differ-image' &&
    diff.every((line) => {
      const [, docker, dock] = timeAlone.exec(line) ?? [];
      return Number(docker) > Number(dock);
    }),
  'unset secret': (result) =>
    onlyDockerBuilds(result) && /variable "\w+" of the secret .* is not set/.test(result.dock.error?.message),
  'limits of BuildKit': (result) => onlyDockerBuilds(result) && limits.test(result.dock.error?.message),
  'newer words': (result) => onlyDockBuilds(result) && result.docker.rc === 125,
  'quiet and progress': (result) =>
    onlyDockBuilds(result) && /and quiet cannot be used together/.test(result.docker.error),
  'progress without a terminal': (result, _input, builder) =>
    builder === 'classic' &&
    onlyDockerBuilds(result) &&
    /"tty" needs a terminal/.test(result.dock.raw ?? result.dock.error?.message),
};

/** Whether the two images differ in what each build makes by chance. */
function isByChance({ verdict, diff = [] }, { Dockerfile = '' }) {
  const isRandom = /\/dev\/urandom|random\/uuid|\bdate\b/.test(Dockerfile);
  return verdict === 'differ-image' && isRandom && diff.every((line) => contentAlone.test(line));
}

/**
 * @param result a line of the runner of the cases
 * @param input the case
 * @param builder `classic` or `buildkit`
 * @returns `{ is: 'agreed' | 'chance' | 'intended' | 'disagreed', row }`
 */
export function judge(result, input, builder) {
  if (result.verdict === 'same' || result.verdict === 'both-fail') return { is: 'agreed' };
  if (isByChance(result, input)) return { is: 'chance' };
  const row = Object.keys(intended).find((name) => intended[name](result, input, builder));
  return row === undefined ? { is: 'disagreed' } : { is: 'intended', row };
}

/** What to say of a disagreement: one line. */
export function sayDifference({ id, docker, dock, diff = [], verdict, error }) {
  if (verdict === 'differ-exit')
    return `${id}: docker ends with ${docker.rc} ${docker.error ?? ''}, dock with ${dock.rc} ${dock.error?.message ?? ''}`;
  return `${id}: ${verdict}: ${error ?? diff.slice(0, 3).join('; ')}`;
}
