import { describe, expect, test } from '@jest/globals';
import { locateByMessage, locateStep } from '../../src/dockerfile/locate-instruction.js';
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile.js';
import { atSourcePlace, sourcePlace } from '../../src/dockerfile/source-place.js';
import { DockError } from '../../src/errors/dock-error.js';

const text = `# syntax
ARG TAG=1
FROM busybox:$TAG AS build
RUN echo hello && \\
  # why
  make
RUN make
FROM busybox
WORKDIR /app
RUN make
ONBUILD RUN make
COPY --from=build /a /b
COPY ["x y", "/c"]
RUN --network=none <<EOF
first
second
EOF
EXPOSE 80 abc
STOPSIGNAL FOO
ENV A=\${B:?must} C=1
CMD echo \${B:?must}
`;

const dockerfile = parseDockerfile(text);

describe('the instruction of a step', () => {
  test.each([
    ['[build 2/3] RUN echo hello &&   make', 2, 3, 4],
    ['[build 3/3] RUN make', 3, 3, 7],
    ['[stage-1 3/6] RUN make', 3, 6, 10],
    ['[stage-1 2/6] WORKDIR /app', 2, 6, 9],
    ['[stage-1 4/6] COPY --from=build /a /b', 4, 6, 12],
    ['[build 1/3] FROM docker.io/library/busybox:1@sha256:ab', 1, 3, 3],
    ['[stage-1 6/6] RUN <<EOF (first...)', 6, 6, 14],
    ['RUN make', 4, 16, 7],
    ['RUN make', 7, 16, 10],
    ['COPY ["x y", "/c"]', 10, 16, 13],
  ])('%s, number %i of %i, is that of line %i', (name, index, total, line) => {
    expect(locateStep(dockerfile, { name, index, total })?.startLine).toBe(line);
  });

  test('is none when the step is of no instruction', () => {
    expect(locateStep(dockerfile, { name: '[internal] load .dockerignore' })).toBeUndefined();
    expect(locateStep(dockerfile, { name: 'exporting to image' })).toBeUndefined();
  });

  test("counts triggers of the base, which come before the stage's own", () => {
    const read = parseDockerfile('FROM base\nRUN a $X\nRUN b\n');
    expect(locateStep(read, { name: '[4/4] RUN b', index: 4, total: 4 })?.startLine).toBe(3);
    expect(locateStep(read, { name: '[3/4] RUN a value', index: 3, total: 4 })?.startLine).toBe(2);
  });
});

describe('the instruction of a message', () => {
  test.each([
    ['dockerfile parse error on line 5: unknown flag: x', 4],
    ['Dockerfile parse error line 15: unknown instruction: FIRST', 14],
    ['failed to process "${B:?must}": B: must', 20],
    ['Invalid containerPort: abc', 18],
    ['invalid signal: FOO', 19],
    ["invalid chmod parameter: '/a'. it should be octal string", 12],
  ])('%s is that of line %i', (message, line) => {
    expect(locateByMessage(dockerfile, message)?.startLine).toBe(line);
  });

  test('is none when it quotes nothing of the file', () => {
    expect(locateByMessage(dockerfile, 'failed to do "something else"')).toBeUndefined();
    expect(locateByMessage(dockerfile, 'no')).toBeUndefined();
  });

  test('is the FROM whose platform has no value', () => {
    const read = parseDockerfile('FROM a\nFROM --platform=$P b\n');
    expect(locateByMessage(read, 'failed to parse platform : "" is an invalid component')?.startLine).toBe(2);
  });
});

describe('a place', () => {
  const source = { contextDir: '/work', dockerfile: { path: '/work/docker/app.Dockerfile', text } };

  test('has the file as a person names it, the line, and its neighbours', () => {
    expect(sourcePlace(source, { startLine: 4, endLine: 6 })).toEqual({
      file: 'docker/app.Dockerfile',
      line: 4,
      excerpt: [
        '2 |     ARG TAG=1',
        '3 |     FROM busybox:$TAG AS build',
        '4 | >>> RUN echo hello && \\',
        '5 | >>>   # why',
        '6 | >>>   make',
        '7 |     RUN make',
        '8 |     FROM busybox',
      ].join('\n'),
    });
    expect(sourcePlace({ dockerfile: { path: '/elsewhere/D', text: 'FROM a\r\n' } }, { startLine: 1 })).toEqual({
      file: '/elsewhere/D',
      line: 1,
      excerpt: '1 | >>> FROM a',
    });
  });

  test('shows a part of an instruction of many lines, and of a long line', () => {
    const long = `FROM a\nRUN ${'x'.repeat(1000)}\nRUN <<END\n${'line\n'.repeat(100)}END\nRUN b\n`;
    const of = (startLine: number, endLine: number) =>
      sourcePlace({ dockerfile: { path: 'D', text: long } }, { startLine, endLine }).excerpt.split('\n');
    expect(of(3, 104)).toHaveLength(24);
    expect(of(2, 2)[1]?.length).toBeLessThan(420);
  });

  test('goes into the message and the details of an error, once', () => {
    const given = new DockError('BUILD_FAILED', 'It failed.', { details: { a: 1 }, hint: 'h', phase: 'build' });
    given.attached.push(new DockError('INTERNAL', 'Later.'));
    const error = atSourcePlace(given, sourcePlace(source, { startLine: 7 }));
    expect(error).toMatchObject({
      code: 'BUILD_FAILED',
      message: 'It failed (docker/app.Dockerfile:7).',
      hint: 'h',
      phase: 'build',
      details: { a: 1, file: 'docker/app.Dockerfile', line: 7 },
      attached: [{ code: 'INTERNAL' }],
    });
    expect(atSourcePlace(error, sourcePlace(source, { startLine: 1 }))).toBe(error);
  });
});
