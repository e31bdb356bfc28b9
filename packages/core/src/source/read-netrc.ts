/** What a `.netrc` has for one machine. */
export interface NetrcLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * Reads a `.netrc` as curl does: `machine NAME login USER password WORD`, words in quotes, `macdef` until an empty line. Its `default` counts for nothing here: it
 * would go to any host.
 */
export function readNetrc(text: string, host: string): NetrcLogin | undefined {
  const words = wordsOf(text);
  let machine: string | undefined;
  let login: { username?: string; password?: string } = {};
  const isDone = () => machine === host.toLowerCase() && login.password !== undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    const value = words[at + 1];
    if (word === 'machine' || word === 'default') {
      if (isDone()) break;
      machine = word === 'machine' ? value?.toLowerCase() : undefined;
      login = {};
      if (word === 'machine') at += 1;
    } else if (word === 'login' || word === 'account' || word === 'password') {
      if (word === 'login' && value !== undefined) login.username = value;
      if (word === 'password' && value !== undefined) login.password = value;
      at += 1;
    }
  }
  const { username = '', password } = login;
  return isDone() && password !== undefined ? { username, password } : undefined;
}

function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let isMacro = false;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') isMacro = false;
    if (isMacro || line.trimStart().startsWith('#')) continue;
    const found = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain = '']) =>
      quoted === undefined
        ? plain
        : quoted.replaceAll(/\\(.)/g, (_, each: string) => ({ n: '\n', r: '\r', t: '\t' })[each] ?? each),
    );
    const macro = found.indexOf('macdef');
    isMacro = macro >= 0;
    words.push(...(isMacro ? found.slice(0, macro) : found));
  }
  return words;
}
