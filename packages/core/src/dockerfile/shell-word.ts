import { DockError } from '../errors/dock-error.js';
import {
  compileShellPattern,
  replaceShellMatch,
  replaceShellMatches,
  trimShellPrefix,
  trimShellSuffix,
  type ShellPattern,
} from './shell-pattern.js';
import { isSpace } from './white-space.js';
import { WordList } from './word-list.js';

/** How a word is read. */
export interface WordOptions {
  /** The escape character of the Dockerfile. @default '\\' */
  readonly escape?: string;
  /** Keep quotes in the result. */
  readonly rawQuotes?: boolean;
  /** Keep escape characters in the result. */
  readonly rawEscapes?: boolean;
  /** Keep `$name` when the variable is not set. */
  readonly skipUnset?: boolean;
}

/** A word after quotes, escapes and variables. */
export interface ExpandedWord {
  readonly text: string;
  /** The text split at white space that was neither quoted nor escaped. */
  readonly words: readonly string[];
  /** Names that were asked for and are not set. */
  readonly unset: ReadonlySet<string>;
}

class WordFault extends Error {}

/** How deep `${a:-${b:-…}}` may go before it is refused rather than overflow the stack. */
const depthLimit = 500;

const specialNames = new Set('@*#?-$!0');

/** Reads one word. The rules are those of the Dockerfile frontend of BuildKit (`shell.Lex`), bugs included. */
class WordReader {
  readonly unset = new Set<string>();
  readonly #chars: readonly string[];
  readonly #env: ReadonlyMap<string, string>;
  readonly #escape: string;
  readonly #options: WordOptions;
  #rawEscapes: boolean;
  #at = 0;
  #depth = 0;

  constructor(text: string, env: ReadonlyMap<string, string>, options: WordOptions) {
    this.#chars = Array.from(text);
    this.#env = env;
    this.#escape = options.escape ?? '\\';
    this.#options = options;
    this.#rawEscapes = options.rawEscapes ?? false;
  }

  get #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #next(): string | undefined {
    const char = this.#chars[this.#at];
    this.#at += 1;
    return char;
  }

  /** Reads up to `stop`, or to the end when there is none. */
  read(stop: string | undefined, rawEscapes: boolean = this.#rawEscapes): { text: string; words: readonly string[] } {
    const outer = this.#rawEscapes;
    this.#rawEscapes = rawEscapes;
    let text = '';
    const list = new WordList();
    for (let char = this.#peek; char !== undefined; char = this.#peek) {
      if (char === stop) {
        this.#at += 1;
        list.end();
        this.#rawEscapes = outer;
        return { text, words: list.words };
      }
      if (char === '$') {
        const value = this.#dollar();
        text += value;
        list.add(value);
      } else if (char === "'" || char === '"' || char === '<') {
        const value = char === '<' ? this.#angle() : char === '"' ? this.#doubleQuote() : this.#singleQuote();
        text += value;
        list.addRaw(value);
      } else if (char === this.#escape) {
        this.#at += 1;
        if (this.#rawEscapes) {
          text += char;
          list.addRaw(char);
        }
        const escaped = this.#next();
        if (escaped === undefined) break;
        text += escaped;
        list.addRaw(escaped);
      } else {
        this.#at += 1;
        text += char;
        list.add(char);
      }
    }
    if (stop !== undefined) throw new WordFault(`the matching "${stop}" is missing`);
    list.end();
    this.#rawEscapes = outer;
    return { text, words: list.words };
  }

  /** `<<` takes the blanks after it along, so that a here-document's name may stand apart. */
  #angle(): string {
    this.#at += 1;
    if (this.#peek !== '<') return '<';
    this.#at += 1;
    let text = '<<';
    for (let char = this.#peek; char !== undefined && isSpace(char); char = this.#peek) {
      text += char;
      this.#at += 1;
    }
    return text;
  }

  #singleQuote(): string {
    this.#at += 1;
    const quote = this.#options.rawQuotes === true ? "'" : '';
    let text = quote;
    for (let char = this.#next(); char !== undefined; char = this.#next()) {
      if (char === "'") return text + quote;
      text += char;
    }
    throw new WordFault('a single quote is not closed');
  }

  #doubleQuote(): string {
    this.#at += 1;
    const quote = this.#options.rawQuotes === true ? '"' : '';
    let text = quote;
    for (let char = this.#peek; char !== undefined; char = this.#peek) {
      if (char === '$') {
        text += this.#dollar();
        continue;
      }
      this.#at += 1;
      if (char === '"') return text + quote;
      if (char === this.#escape) {
        if (this.#rawEscapes) text += char;
        const escaped = this.#peek;
        if (escaped === undefined) break;
        if (escaped === '"' || escaped === '$' || escaped === this.#escape) {
          this.#at += 1;
          text += escaped;
          continue;
        }
      }
      text += char;
    }
    throw new WordFault('a double quote is not closed');
  }

  #dollar(): string {
    this.#at += 1;
    if (this.#peek === '{') {
      this.#at += 1;
      return this.#braces();
    }
    const name = this.#name();
    if (name === '') return '$';
    const value = this.#value(name);
    return value ?? (this.#options.skipUnset === true ? `$${name}` : '');
  }

  #braces(): string {
    const first = this.#peek;
    if (first === undefined) throw new WordFault('"}" is missing after "${"');
    if (first === '{' || first === '}' || first === ':') throw new WordFault(`"\${${first}" is not a substitution`);
    const name = this.#name();
    const sign = this.#next();
    if (sign === '}') {
      const value = this.#value(name);
      return value ?? (this.#options.skipUnset === true ? `\${${name}}` : '');
    }
    if (sign === undefined) throw new WordFault(`"}" is missing after "\${${name}"`);
    if (sign === '/') return this.#replacement(name);
    const isNullUnset = sign === ':';
    const modifier = isNullUnset ? this.#next() : sign;
    const written = isNullUnset ? `:${modifier ?? ''}` : sign;
    if (!(isNullUnset ? ['+', '-', '?'] : ['+', '-', '?', '#', '%']).includes(modifier ?? ''))
      throw new WordFault(`"${written}" is not a modifier of "\${${name}}"`);
    const word = this.#inner('}', modifier === '#' || modifier === '%');
    const value = this.#value(name);
    if (value === undefined && this.#options.skipUnset === true) return `\${${name}${written}${word}}`;
    const isMissing = value === undefined || (isNullUnset && value === '');
    switch (modifier) {
      case '-':
        return isMissing ? word : value;
      case '+':
        return isMissing ? '' : word;
      case '?':
        if (isMissing)
          throw new WordFault(
            `"${name}": ${word === '' ? `must be ${value === undefined ? 'set' : 'non-empty'}` : word}`,
          );
        return value;
      case '#':
      case '%': {
        const isGreedy = word.startsWith(modifier);
        const pattern = this.#pattern(isGreedy ? word.slice(1) : word);
        return (modifier === '#' ? trimShellPrefix : trimShellSuffix)(pattern, value ?? '', isGreedy);
      }
      default:
        throw new WordFault(`"${written}" is not a modifier of "\${${name}}"`);
    }
  }

  #replacement(name: string): string {
    const isAll = this.#peek === '/';
    if (isAll) this.#at += 1;
    const written = this.#inner('/', true);
    const replacement = this.#inner('}', true);
    const value = this.#value(name);
    if (value === undefined && this.#options.skipUnset === true) return `\${${name}/${written}/${replacement}}`;
    return (isAll ? replaceShellMatches : replaceShellMatch)(this.#pattern(written), value ?? '', replacement);
  }

  #inner(stop: string, rawEscapes: boolean): string {
    this.#depth += 1;
    if (this.#depth > depthLimit) throw new WordFault('substitutions are nested too deeply');
    const { text } = this.read(stop, rawEscapes);
    this.#depth -= 1;
    return text;
  }

  #pattern(text: string): ShellPattern {
    const pattern = compileShellPattern(text);
    if (pattern === undefined) throw new WordFault(`"${text}" is not a pattern`);
    return pattern;
  }

  #name(): string {
    const first = this.#peek;
    if (first !== undefined && !/^\p{Nd}$/u.test(first) && specialNames.has(first)) {
      this.#at += 1;
      return first;
    }
    const part = first !== undefined && /^\p{Nd}$/u.test(first) ? /^\p{Nd}$/u : /^[\p{L}\p{Nd}_]$/u;
    let name = '';
    for (let char = first; char !== undefined && part.test(char); char = this.#peek) {
      name += char;
      this.#at += 1;
    }
    return name;
  }

  #value(name: string): string | undefined {
    const value = this.#env.get(name);
    if (value === undefined) this.unset.add(name);
    return value;
  }
}

/** Expands a word; what is wrong with it when it cannot be. */
export function expandWord(
  word: string,
  env: ReadonlyMap<string, string>,
  options: WordOptions = {},
): ExpandedWord | { readonly fault: string } {
  const reader = new WordReader(word, env, options);
  try {
    return { ...reader.read(undefined), unset: reader.unset };
  } catch (error) {
    if (error instanceof WordFault) return { fault: error.message };
    throw error;
  }
}

/**
 * Expands a word as a Dockerfile does: quotes, escapes, `$name`, and `${name}` with `:-` `-` `:+` `+` `:?` `?` `#` `##` `%` `%%` `/` `//`.
 * @param escape the escape character of the Dockerfile. @default '\\'
 * @throws DOCKERFILE_SYNTAX for an unclosed quote or brace, an unknown modifier, or `${name:?message}` on a missing value
 */
export function processWord(word: string, env: Readonly<Record<string, string>>, escape = '\\'): string {
  const expanded = expandWord(word, new Map(Object.entries(env)), { escape });
  if ('fault' in expanded) {
    throw new DockError('DOCKERFILE_SYNTAX', `"${word}" cannot be expanded: ${expanded.fault}.`, { details: { word } });
  }
  return expanded.text;
}
