import { expect } from '@jest/globals';
import { formatDockerfile, isDockError, processWord, type Dockerfile } from '../../src/index.js';
import { BuildEnvironment } from '../../src/dockerfile/build-environment.js';
import { readInstructions } from '../../src/dockerfile/read-instructions.js';
import { groupStages, readFrom } from '../../src/dockerfile/stages.js';
import { SyntaxFaultError } from '../../src/dockerfile/syntax-error.js';
import { parseWords } from '../../src/dockerfile/words.js';
import { dumpDockerfile } from './dump-dockerfile.js';
import { field, inputText, text, type FileRunners } from './vector-file.js';

const wordEnvironment = { PWD: '/home', SHELL: 'bash', KOREAN: '한국어', NULL: '' };

/** Runners for `dockerfile-parser.json` (moby/buildkit). */
export const dockerfileParserRunners: FileRunners = {
  parse_ok: (one) => {
    const list = readInstructions(inputText(one));
    expect(dumpDockerfile(list.instructions)).toBe(one.expected);
    expect(formatDockerfile(list)).toBe(one.input);
  },
  parse_error: (one) => {
    let isRefused = false;
    try {
      isRefused = readInstructions(inputText(one)).instructions.length === 0;
    } catch (error) {
      if (!(error instanceof SyntaxFaultError)) throw error;
      isRefused = true;
    }
    expect(isRefused).toBe(true);
  },
  parseWords: (one) => {
    expect(parseWords(inputText(one), '\\')).toEqual(one.expected);
  },
  line_numbers: (one) => {
    const { instructions } = readInstructions(inputText(one));
    expect(instructions.map(({ startLine, endLine }) => [startLine, endLine])).toEqual(one.expected);
  },
  shell_envVar: (one) => {
    const input = inputText(one);
    if (field(one.expected, 'error') !== true) {
      expect(processWord(input, wordEnvironment)).toBe(one.expected);
      return;
    }
    let code: unknown;
    try {
      processWord(input, wordEnvironment);
    } catch (error) {
      code = isDockError(error) ? error.code : error;
    }
    expect(code).toBe('DOCKERFILE_SYNTAX');
  },
};

/** Reads without refusing what BuildKit refuses, as the Python library does. */
function baseTexts(dockerfile: string, buildArgs: Readonly<Record<string, string>>): string[] {
  const list = readInstructions(dockerfile);
  const stages = groupStages(list.instructions).filter(({ base }) => base !== '');
  const firstFrom = list.instructions.findIndex(({ keyword }) => keyword === 'FROM');
  const globalArgs: Dockerfile['globalArgs'] = list.instructions
    .slice(0, Math.max(firstFrom, 0))
    .filter(({ keyword }) => keyword === 'ARG');
  const environment = BuildEnvironment.global({ escape: list.escape, globalArgs, stages }, { buildArgs });
  return stages.map(({ base }) => {
    const resolved = environment.resolve(base);
    if ('reason' in resolved) throw new Error(resolved.reason);
    return resolved.text;
  });
}

function buildArgsOf(input: unknown): Record<string, string> {
  const found = field(input, 'buildArgs') ?? {};
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]));
}

/** Runners for `dockerfile-parse-python.json` (containerbuildsystem/dockerfile-parse). */
export const dockerfileParsePythonRunners: FileRunners = {
  image_from: (one) => {
    const { base, name } = readFrom(inputText(one));
    expect([base ?? null, name ?? null]).toEqual(one.expected);
  },
  baseimage: ({ input, expected }) => {
    expect(baseTexts(text(input, 'dockerfile'), buildArgsOf(input)).at(-1) ?? null).toEqual(expected);
  },
  parent_images: (one) => {
    const dockerfile = typeof one.input === 'string' ? one.input : text(one.input, 'dockerfile');
    expect(baseTexts(dockerfile, buildArgsOf(one.input))).toEqual(one.expected);
  },
};
