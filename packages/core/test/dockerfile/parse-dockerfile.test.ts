import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeDockerfile,
  encodeDockerfile,
  formatDockerfile,
  isDockError,
  parseDockerfile,
  type DockError,
} from '../../src/index.js';
import { readInstructions } from '../../src/dockerfile/read-instructions.js';
import { SyntaxFaultError } from '../../src/dockerfile/syntax-error.js';
import { dockerfileText } from './dockerfile-text.js';

function errorOf(text: string): DockError {
  try {
    parseDockerfile(text, { path: 'app/Dockerfile' });
  } catch (error) {
    if (isDockError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The text put together again, or the line that is refused. */
function readBack(text: string): string | number {
  try {
    return formatDockerfile(readInstructions(text));
  } catch (error) {
    if (error instanceof SyntaxFaultError) return error.fault.line;
    throw error;
  }
}

const lines = (...all: string[]): string => `${all.join('\n')}\n`;

describe('parseDockerfile', () => {
  test('reads instructions, flags, values and their lines', () => {
    const text = lines(
      '# comment',
      ' From  \\',
      '   base AS Last',
      ' #    another   comment',
      ' label  foo  \\',
      '# interrupt LABEL',
      '    bar  ',
      'COPY --from=x --chown="a b" [ "a c", "d" ]',
    );
    const { instructions, stages } = parseDockerfile(text);
    expect(
      instructions.map(({ keyword, flags, value, startLine, endLine }) => ({
        keyword,
        flags,
        value,
        startLine,
        endLine,
      })),
    ).toEqual([
      { keyword: 'FROM', flags: [], value: 'base AS Last', startLine: 2, endLine: 3 },
      { keyword: 'LABEL', flags: [], value: 'foo      bar', startLine: 5, endLine: 7 },
      { keyword: 'COPY', flags: ['--from=x', '--chown=a b'], value: '[ "a c", "d" ]', startLine: 8, endLine: 8 },
    ]);
    expect(instructions[2]?.json).toEqual(['a c', 'd']);
    expect(instructions[0]).toMatchObject({ leading: '# comment\n', raw: ' From  \\\n   base AS Last\n' });
    expect(stages).toMatchObject([{ index: 0, name: 'last', base: 'base' }]);
  });

  test.each<[string, string, readonly object[]]>([
    [
      'a plain one',
      'RUN <<EOF\n\tfoo\n# kept\nEOF',
      [{ name: 'EOF', content: '\tfoo\n# kept\n', isExpanded: true, isChomped: false }],
    ],
    ['a chomped one', 'RUN <<-EOF\n\tfoo\n\tEOF', [{ name: 'EOF', content: '\tfoo\n', isChomped: true }]],
    ['a quoted one', "RUN <<'EOF' sh\n$x\nEOF", [{ name: 'EOF', isExpanded: false }]],
    ['a partly quoted one', "RUN <<eo'f'\nx\neof", [{ name: 'eof', isExpanded: false }]],
    ['an escaped one', "RUN <<eo\\'f\nx\neo'f", [{ name: "eo'f", isExpanded: true }]],
    ['one with a descriptor', 'RUN 3<<E2\nE2', [{ name: 'E2', fileDescriptor: 3, content: '' }]],
    ['one with blanks before the name', 'RUN <<  EOF  > foo\nEOF', [{ name: 'EOF' }]],
    [
      'two in one line',
      'COPY <<X <<Y /dest\nY\nX\nX\nY',
      [
        { name: 'X', content: 'Y\n' },
        { name: 'Y', content: 'X\n' },
      ],
    ],
    ['one after a flag', 'RUN --mount=type=cache,target=/foo <<M\nx\nM', [{ name: 'M' }]],
    ['one of a trigger', 'ONBUILD RUN <<E\nx\nE', [{ name: 'E', content: 'x\n' }]],
    ['a quoted arrow', 'RUN "<<NO"', []],
    ['a JSON form', 'RUN ["<<NO"]', []],
    ['a here-string', 'RUN cat <<<NO', []],
  ])('reads the here-documents of %s', (_title, run, heredocs) => {
    const { instructions } = parseDockerfile(`FROM a\n${run}\nCMD x\n`);
    expect(instructions).toHaveLength(3);
    expect(instructions[1]?.heredocs).toMatchObject(heredocs);
    expect(instructions[1]?.heredocs).toHaveLength(heredocs.length);
    expect(instructions[1]?.raw).toBe(`${run}\n`);
  });

  test('takes directives from the top only', () => {
    const text = lines(
      '# syntax=docker/dockerfile:1.7 // x',
      '# Escape = `',
      '# check=skip=all',
      '#',
      '# escape=\\',
      'FROM a',
      'RUN x `',
      '  y',
    );
    const { directives, escape, frontend, instructions } = parseDockerfile(text);
    expect(directives).toEqual([
      { name: 'syntax', value: 'docker/dockerfile:1.7 // x', line: 1 },
      { name: 'escape', value: '`', line: 2 },
      { name: 'check', value: 'skip=all', line: 3 },
    ]);
    expect(escape).toBe('`');
    expect(frontend).toEqual({ image: 'docker/dockerfile:1.7', line: 1, isKnown: true });
    expect(instructions[1]?.value).toBe('x   y');
  });

  test.each([
    ['a byte-order mark', '\ufeffFROM a\nRUN x\n', 'FROM'],
    ['a byte-order mark before a directive', '\ufeff# escape=`\r\nFROM a\r\n', 'FROM'],
    ['carriage returns', 'FROM a\r\nRUN x \\\r\n  y\r\n', 'FROM'],
    ['no line end', 'FROM a', 'FROM'],
    ['a continuation at the end', 'FROM a\nRUN x \\', 'FROM'],
  ])('keeps the bytes of %s', (_title, text, keyword) => {
    const dockerfile = parseDockerfile(text);
    expect(formatDockerfile(dockerfile)).toBe(text);
    expect(dockerfile.instructions[0]?.keyword).toBe(keyword);
    expect(dockerfile.instructions[0]?.args).toEqual(['a']);
  });

  test('splits ARG, ENV and LABEL by their own rules', () => {
    const { instructions, globalArgs } = parseDockerfile(
      lines('ARG A=1 B', 'FROM x', 'ENV K "v w" z', 'LABEL "a b"=c d=\'e f\''),
    );
    expect(globalArgs.map(({ args }) => args)).toEqual([['A=1', 'B']]);
    expect(instructions[2]?.args).toEqual(['K', '"v w" z', '']);
    expect(instructions[3]?.args).toEqual(['"a b"', 'c', '=', 'd', "'e f'", '=']);
  });

  test.each([
    ['FROM a\nENV K\n', 2, 'ENV must have two arguments'],
    ['FROM a\nLABEL a=b c\n', 2, '"c" has no "="'],
    ['FROM a\nCMD ["a", 1]\n', 2, 'strings only'],
    ['FROM a\nRUN apt-get update\n    apt-get install x\n', 3, '"APT-GET" is not an instruction'],
    ['FROM a b\n', 1, 'FROM requires'],
    ['FROM a AS 1x\n', 1, '"1x" is not a name'],
    ['RUN x\nFROM a\n', 1, 'before the first FROM'],
    ['FROM a\nCOPY x\n', 2, 'at least two'],
    ['FROM a\nRUN <<EOF\nx\n', 2, '"EOF" is not closed'],
    ['FROM a\nONBUILD ONBUILD RUN x\n', 2, 'ONBUILD is not allowed'],
    ['FROM a\nRUNN x\n', 2, '"RUNN" is not an instruction'],
    ['FROM a\nSHELL sh\n', 2, 'JSON array'],
    ['FROM a\nHEALTHCHECK TCP 80\n', 2, '"TCP"'],
    ['FROM a\nENV =x\n', 2, 'can not be blank'],
    ['# escape=x\nFROM a\n', 1, '"x"'],
    ['# escape=`\n# escape=`\nFROM a\n', 2, 'twice'],
  ])('refuses %j at line %i', (text, line, part) => {
    const error = errorOf(text);
    expect(error.code).toBe('DOCKERFILE_SYNTAX');
    expect(error.exitStatus).toBe(1);
    expect(error.details).toMatchObject({ path: 'app/Dockerfile', file: 'app/Dockerfile', line });
    expect(error.details?.['excerpt']).toContain(`${line} | >>> `);
    expect(error.message).toContain(part);
    expect(error.message).toContain(`"app/Dockerfile" does not parse at line ${line}`);
  });

  test.each([
    ['', 'has no instructions'],
    ['# only a comment\n\n', 'has no instructions'],
    ['ARG X\n', 'has no FROM'],
    ['RUN x\n', 'has no FROM'],
  ])('finds %j invalid', (text, part) => {
    const error = errorOf(text);
    expect(error).toMatchObject({ code: 'DOCKERFILE_INVALID', exitStatus: 2 });
    expect(error.message).toContain(part);
  });

  test('warns of blank lines in a continuation and of very long lines', () => {
    const { warnings } = parseDockerfile(`FROM a\nRUN x \\\n\n  y\nRUN ${'z'.repeat(70_000)}\n`);
    expect(warnings).toMatchObject([{ line: 2 }, { line: 5 }]);
  });

  test('says which instruction was meant', () => {
    expect(errorOf('FROM a\nRUNN x\n').hint).toContain('Did you mean RUN?');
    expect(errorOf('FROM a\nsomething else\n').hint).not.toContain('Did you mean');
  });

  test.each([
    ['FOO bar', '"FOO" is not an instruction'],
    ['foo', '"FOO" is not an instruction'],
    ['COPY a', 'COPY requires at least two arguments'],
    ['LABEL', 'LABEL requires at least one argument'],
    ['SHELL x', 'SHELL requires a JSON array'],
    ['HEALTHCHECK foo', 'HEALTHCHECK has the unknown type "FOO"; it must be CMD or NONE'],
  ])('takes the trigger %j as builders do, with a warning', (trigger, fault) => {
    const { stages, warnings } = parseDockerfile(`FROM a\nONBUILD ${trigger}\n`);
    expect(stages[0]?.instructions).toHaveLength(1);
    expect(warnings).toEqual([{ message: `${fault}, so a build upon this image will fail at this ONBUILD`, line: 2 }]);
  });

  test.each([
    'RUN cat <<EOF',
    'RUN cat <<EOF > /f\nENV A=1',
    'RUN echo a << b || true',
    'RUN true <<-A 3<<B',
    'RUN echo x <<"A B"',
    'COPY <<E /f',
    'ONBUILD RUN cat <<EOF',
    'RUN if true; then cat <<E; fi',
  ])('takes a here-document that is not closed for none: %j', (text) => {
    const { instructions, warnings } = parseDockerfile(`FROM a\n${text}\nFROM b\n`);
    expect(instructions.at(-1)).toMatchObject({ keyword: 'FROM', value: 'b' });
    expect(instructions.every(({ heredocs }) => heredocs.length === 0)).toBe(true);
    expect(warnings).toEqual([
      {
        message: expect.stringMatching(/^the here-document "[^"]+" is not closed, which builders .* refuse$/),
        line: 2,
      },
    ]);
  });

  test('reads no here-documents for a builder that knows none', () => {
    const text = 'FROM a\nRUN true <<#\nFROM b\n#\n';
    expect(parseDockerfile(text).stages).toHaveLength(1);
    expect(parseDockerfile(text, { hasHeredocs: false }).stages.map(({ base }) => base)).toEqual(['a', 'b']);
  });

  test('warns of an instruction that a frontend asked for by name may know', () => {
    const { warnings } = parseDockerfile('# syntax=docker/dockerfile:labs\nFROM a\nNEWCOMER x\n');
    expect(warnings).toEqual([{ message: '"NEWCOMER" is not an instruction of the Dockerfile reference', line: 3 }]);
  });

  test.each([
    '# syntax=example.com/front:1\nnot a Dockerfile <<\n',
    '// syntax=front\nmodule x\n',
    '{"syntax": "front", "x": 1}',
    '#!/bin/front\n# syntax=front\nFROM a b c\n',
  ])('never refuses what an unknown frontend reads: %j', (text) => {
    const dockerfile = parseDockerfile(text);
    expect(dockerfile.frontend.isKnown).toBe(false);
    expect(dockerfile.warnings[0]?.message).toContain('is not docker/dockerfile');
    expect(formatDockerfile(dockerfile)).toBe(text);
  });

  test('the build argument BUILDKIT_SYNTAX wins, and the classic builder knows neither', () => {
    const text = '# syntax=docker/dockerfile:1\nFROM a\n';
    expect(parseDockerfile(text, { buildArgs: { BUILDKIT_SYNTAX: 'example.com/front' } }).frontend).toEqual({
      image: 'example.com/front',
      isKnown: false,
    });
    expect(
      parseDockerfile(text, { buildArgs: { BUILDKIT_SYNTAX: 'example.com/front' }, builder: 'classic' }).frontend,
    ).toEqual({ isKnown: true });
  });

  test('reading and writing is identity', () => {
    fc.assert(
      fc.property(dockerfileText, (text) => {
        const dockerfile = parseDockerfile(text);
        expect(formatDockerfile(dockerfile)).toBe(text);
        expect(parseDockerfile(formatDockerfile(dockerfile))).toEqual(dockerfile);
      }),
      { numRuns: 300 },
    );
  });

  test('any text at all is read back byte for byte, or refused with a line', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\n\r\t #\\`<E"'=FROMRUN[\],-]{0,60}$/), (text) => {
        const result = readBack(text);
        expect(typeof result === 'number' ? result > 0 : result === text).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each<[string, string]>([
  ['blanks in a value', `RUN a${' '.repeat(200_000)}b`],
  ['carriage returns', `RUN a${'\r'.repeat(200_000)}b`],
  ['blanks in a directive', `# check=a${' '.repeat(200_000)}b`],
  ['blanks after an arrow', `RUN <<${' '.repeat(200_000)}<`],
  ['triggers', `${'ONBUILD '.repeat(20_000)}RUN x`],
  ['open brackets', `RUN ${'['.repeat(200_000)}`],
  ['nested substitutions', `RUN <<${'${a:-'.repeat(20_000)}`],
  ['continuations', 'RUN a \\\n'.repeat(20_000)],
])('a hostile file with many %s is answered', (_title, body) => {
  expect(typeof readBack(`${body}\nFROM a\n`)).toMatch(/^(?:string|number)$/);
});

describe('decodeDockerfile', () => {
  test('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect([...encodeDockerfile(decodeDockerfile(bytes))]).toEqual([...bytes]);
      }),
      { numRuns: 1000 },
    );
  });

  test('keeps a byte-order mark and characters outside the basic plane', () => {
    const bytes = Uint8Array.of(0xef, 0xbb, 0xbf, ...Buffer.from('FROM 🐳'), 0xff, 0xe2, 0x82, ...Buffer.from('é🐳'));
    expect([...encodeDockerfile(decodeDockerfile(bytes))]).toEqual([...bytes]);
    expect(decodeDockerfile(bytes).startsWith('\ufeffFROM 🐳')).toBe(true);
  });
});
