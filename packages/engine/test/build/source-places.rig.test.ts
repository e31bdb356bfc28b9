import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuilderChoice, EngineEvent, EnginePort } from '@dock/core';
import { baseImage, sharedEngine } from '@dock/testing';
import { errorOf, portTo, specOf } from '../engine-fixture.js';

let contextDir: string;
beforeAll(() => {
  contextDir = mkdtempSync(join(tmpdir(), 'dock-places-'));
  writeFileSync(join(contextDir, '.dockerignore'), '# what stays here\n\n*.md\n/secret\n!keep.md\n');
  for (const name of ['a.md', 'keep.md', 'secret']) writeFileSync(join(contextDir, name), name);
});
afterAll(() => rmSync(contextDir, { recursive: true, force: true }));

interface Case {
  readonly text: string;
  readonly line: number;
  readonly code?: string;
  readonly message?: RegExp;
  readonly hint?: RegExp;
  readonly details?: object;
  /** The builder that knows the instruction. @default all */
  readonly only?: BuilderChoice;
}

const cases: Readonly<Record<string, Case>> = {
  'a command that fails': {
    text: 'FROM busybox:1\n# why\nRUN echo a && \\\n  exit 3\nRUN b\n',
    line: 3,
    code: 'BUILD_STEP_FAILED',
    message: /^"RUN echo a && {3}exit 3" \(step \d\/\d\) failed with exit code 3 \(Dockerfile:3\)\.$/,
  },
  'the second of two equal commands': {
    text: 'FROM busybox:1 AS a\nRUN test ! -e /x\nFROM busybox:1\nRUN touch /x\nRUN test ! -e /x\nCOPY --from=a /etc/passwd /\n',
    line: 5,
    code: 'BUILD_STEP_FAILED',
  },
  'a user that is not there': { text: 'FROM busybox:1\nUSER nobody-at-all\nRUN true\n', line: 3 },
  'a variable that must be set': {
    text: 'FROM busybox:1\nARG A=1\nENV X=${NOT_SET:?please}\n',
    line: 3,
    message: /please \(Dockerfile:3\)\.$/,
  },
  'a key of a mount that is none': {
    text: 'FROM busybox:1\nRUN true\nRUN --mount=type=cache,target=/x,foo=bar true\n',
    line: 3,
    message: /unexpected key 'foo'/,
  },
  'a flag that is none': { text: 'FROM busybox:1\nCOPY --nope=1 keep.md /\n', line: 2, code: 'DOCKERFILE_SYNTAX' },
  'a port that is none': { text: 'FROM busybox:1\nRUN true\nEXPOSE 80 abc\n', line: 3 },
  'a signal that is none': { text: 'FROM busybox:1\nSTOPSIGNAL FOO\n', line: 2 },
  'a duration that is none': { text: 'FROM busybox:1\nHEALTHCHECK --interval=abc CMD true\n', line: 2 },
  'a platform without a value': { text: 'FROM --platform=$NONE busybox:1\nRUN true\n', line: 1 },
  'a base without a value': {
    text: 'FROM $NONE\nRUN true\n',
    line: 1,
    code: 'DOCKERFILE_INVALID',
    hint: /Write "ARG NONE" above the first FROM/,
  },
  'a base whose argument has no value': {
    text: 'ARG NONE\nFROM ${NONE}\nRUN true\n',
    line: 2,
    code: 'DOCKERFILE_INVALID',
    hint: /--build-arg NONE=IMAGE/,
  },
  'a file that is not there': {
    text: 'FROM busybox:1\nRUN true\nCOPY nope.txt /\n',
    line: 3,
    message: /failed: the build context has no "nope\.txt" \(Dockerfile:3\)\.$/,
  },
  'a file that the ignore file leaves out': {
    text: 'FROM busybox:1\nCOPY keep.md /\nCOPY a.md /\n',
    line: 3,
    message:
      /failed: line 3 of "\.dockerignore" \("\*\.md"\) leaves "a\.md" out of the build context \(Dockerfile:3\)\.$/,
    hint: /"!a\.md"/,
    details: { pattern: '*.md', ignoreFile: '.dockerignore', ignoreLine: 3, missing: 'a.md' },
  },
  'a file that a rooted pattern leaves out': {
    text: 'FROM busybox:1\nADD secret /\n',
    line: 2,
    details: { pattern: 'secret', ignoreLine: 4 },
  },
  'a mount that the ignore file leaves out': {
    text: 'FROM busybox:1\nRUN --mount=type=bind,source=a.md,target=/a.md cat /a.md\n',
    line: 2,
    details: { pattern: '*.md', ignoreLine: 3 },
    only: 'buildkit',
  },
  'a file that a stage does not have': {
    text: 'FROM busybox:1 AS build\nRUN true\nFROM busybox:1\nCOPY --from=build /nope /\n',
    line: 4,
    message: /"build" has no "\/nope"/,
  },
};

const engines = [
  ['Engine 20.10, BuildKit', '20.10', 'buildkit'],
  ['Engine 20.10, the classic builder', '20.10', 'classic'],
  ['Engine 26, BuildKit', '26', 'buildkit'],
] as const;

describe.each(engines)('on %s', (_, version, builder) => {
  let port: EnginePort;
  beforeAll(async () => {
    const engine = await sharedEngine({ version });
    await baseImage(engine);
    port = await portTo(engine.socketPath);
  });
  afterAll(async () => port.close());

  const fits = Object.entries(cases).filter(([, { only = builder }]) => only === builder);
  test.each(fits)('%s is laid at its line', async (__, { text, line, code, message, hint, details }) => {
    const spec = specOf(contextDir, text, { builder, noCache: true, bases: [] });
    const error = await errorOf(port.build(spec));
    expect(error.details).toMatchObject({ file: 'Dockerfile', line, ...details });
    expect(error.details?.['excerpt']).toContain(`${line} | >>> ${text.split('\n')[line - 1]}`);
    expect(error.message).toMatch(/^[A-Z"].* \(Dockerfile:\d+\)\.$/s);
    expect([error.code, error.message, error.hint]).toEqual([
      code ?? error.code,
      expect.stringMatching(message ?? /./),
      expect.stringMatching(hint ?? /./),
    ]);
  });

  test('a step that is stopped because another one fails is cancelled', async () => {
    const text =
      'FROM busybox:1 AS a\nRUN sleep 3; exit 5\nFROM busybox:1 AS b\nRUN sleep 1; exit 4\nFROM busybox:1\nCOPY --from=a /etc /a\nCOPY --from=b /etc /b\n';
    const events: EngineEvent[] = [];
    const spec = specOf(contextDir, text, { builder, noCache: true, bases: [] });
    const error = await errorOf(port.build(spec, { onEvent: (event) => void events.push(event) }));
    const ends = events.filter((event) => event.type === 'step.end').map(({ status, message }) => [status, message]);
    const first = builder === 'classic' ? 5 : 4;
    expect(error).toMatchObject({ code: 'BUILD_STEP_FAILED', details: { exitCode: first, line: first === 5 ? 2 : 4 } });
    const stopped = builder === 'classic' ? [] : [['cancelled', undefined]];
    expect(ends.filter(([status]) => status !== 'ok')).toEqual([
      ['failed', expect.stringMatching(/ code: [45]$/)],
      ...stopped,
    ]);
  });
});
