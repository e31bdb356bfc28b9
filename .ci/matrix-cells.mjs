// The file of the matrix: a line for each try of a cell, in the order in which they ended.

/** The tries that the text of a file holds. */
export function triesIn(text) {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** The cells, each as its last try left it, with the number of tries and what went wrong before; in the order of the matrix. */
export function cellsOf(tries) {
  const cells = new Map();
  for (const each of tries) {
    const { tries: before = 0, failures = [] } = cells.get(each.name) ?? {};
    cells.set(each.name, {
      ...each,
      tries: before + 1,
      failures: each.isOk ? failures : [...failures, ...(each.wrong ?? ['it failed'])],
    });
  }
  return [...cells.values()].sort((a, b) => a.index - b.index);
}

/** What is said of tries: nothing may hide that a cell was right only later. */
export function triesText(cells) {
  const later = cells.filter(({ isOk, tries }) => isOk && tries > 1);
  const names = later.map(({ name, tries }) => `${name} (try ${tries})`);
  return later.length === 0
    ? 'Each at the first try.'
    : `${later.length} of them not at the first try: ${names.join(', ')}.`;
}
