import { describe, expect, test } from '@jest/globals';
import type { BuildResult, DockEvent, ErrorDocument, EventBody } from '@dock/core';
import { cleanText, isCiEnvironment, safeJson } from '../src/output/clean-text.js';
import { hasColour } from '../src/output/colour-choice.js';
import { createColours } from '../src/output/colours.js';
import { formatError, formatFailure } from '../src/output/error-text.js';
import { metadataOf } from '../src/output/metadata.js';
import { formatResult } from '../src/output/result-text.js';
import { createProgress, resolveMode } from '../src/progress/create-progress.js';
import { cutToWidth } from '../src/progress/display-width.js';
import { LineSplitter } from '../src/progress/line-splitter.js';
import { LiveView } from '../src/progress/live-view.js';
import { StepTail } from '../src/progress/step-tail.js';
import { VertexBoard } from '../src/progress/vertex-board.js';

const began = Date.parse('2026-01-01T00:00:00Z');
const stamped = (bodies: readonly EventBody[]): DockEvent[] =>
  bodies.map((body, index) => ({
    v: 1,
    seq: index + 1,
    time: new Date(began + index * 100).toISOString(),
    run: 'r',
    ...body,
  }));

describe('text from elsewhere', () => {
  test.each([
    ['a title', 'a\x1b]0;evil\x07b', 'ab'],
    ['a title without an end', 'a\x1b]0;evil', 'a'],
    ['a hyperlink', '\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['a cleared screen', '\x1b[2J\x1b[Hx', 'x'],
    ['a private mode', '\x1b[?1049hx', 'x'],
    ['a device string', '\x1bPq#0\x1b\\x', 'x'],
    ['an 8-bit sequence', '\x9b2Jx\x9d0;t\x07y', 'xy'],
    ['a reset of the terminal', '\x1bcx', 'x'],
    ['a backspace and a bell', 'a\b\x07b', 'ab'],
    ['bidirectional overrides', 'a\u202eb\u2066c\u200fd', 'abcd'],
    ['line separators', 'a\u2028b', 'ab'],
    ['a carriage return', 'one\rtwo\r\nthree', 'one\ntwo\nthree'],
    ['an escape at the end', 'x\x1b', 'x'],
    ['a sequence within a sequence', '\x1b[\x1b[2Jx', 'x'],
    ['a tab and an umlaut', 'a\tü', 'a\tü'],
  ])('with %s is made harmless', (_, text, clean) => {
    expect(cleanText(text)).toBe(clean);
    // oxlint-disable-next-line no-control-regex -- what must not be there
    expect(cleanText(text, { colour: true })).not.toMatch(/[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;:]*m)/);
  });

  test('keeps colour only where it is wanted, and ends it with the line', () => {
    expect(cleanText('\x1b[31mred')).toBe('red');
    expect(cleanText('\x1b[31mred\nnext', { colour: true })).toBe('\x1b[31mred\x1b[0m\nnext');
    expect(cleanText('\x1b[>4mx', { colour: true })).toBe('x');
  });

  test('commands nothing in CI', () => {
    const text = '::set-output name=a::b\n  ::error::x\n##[command]y\n##vso[task.x]z\nstd::vector';
    const lines = cleanText(text, { isCi: true }).split('\n');
    for (const line of lines) expect(line).not.toMatch(/^\s*::|##\[|##vso\[/);
    expect(lines.at(-1)).toBe('std::vector');
    expect(cleanText(text)).toBe(text);
  });

  test.each([
    [{ CI: 'true' }, true],
    [{ TF_BUILD: 'True' }, true],
    [{ CI: 'false' }, false],
    [{}, false],
  ])('CI is known by %j', (env, is) => expect(isCiEnvironment(env)).toBe(is));

  test('as JSON holds nothing that a terminal obeys', () => {
    expect(safeJson({ a: '\x9b\u202e\x1b' })).toBe('{"a":"\\u009b\\u202e\\u001b"}');
  });

  test('as JSON holds nothing that Azure or GitHub takes for a command, and says the same', () => {
    const value = { a: '##vso[task.x]', '##[error]': '###[warning] ## [' };
    expect(safeJson(value, 2)).not.toMatch(/##(?:vso)?\[/i);
    expect(JSON.parse(safeJson(value, 2))).toEqual(value);
  });
});

describe('colour', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j on a terminal (%s) is used: %s', (env, isTty, is) => expect(hasColour(env, isTty)).toBe(is));
});

describe('lines', () => {
  test('are whole however the chunks fall', () => {
    const splitter = new LineSplitter();
    const text = 'one\r\ntwo\rthree\n\nfour';
    const lines = text.split('').flatMap((character) => splitter.push(character));
    expect([...lines, ...splitter.end()]).toEqual(['one', 'two', 'three', '', 'four']);
  });

  test('have a limit', () => {
    const splitter = new LineSplitter();
    const pieces = [splitter.push('x'.repeat(10_000)), splitter.push('x'.repeat(10_000))].flat();
    expect(pieces.join('').length + splitter.end().join('').length).toBe(20_000);
    expect(pieces.length).toBe(1);
  });
});

const build: readonly EventBody[] = [
  { type: 'run.start', source: '"/src"', runner: 'here', versions: {} },
  { type: 'phase.start', phase: 'source' },
  { type: 'phase.end', phase: 'source', status: 'ok', durationMs: 100 },
  { type: 'pull.progress', reference: 'r/base:1', layer: 'aa', status: 'Downloading', current: 5, total: 10 },
  { type: 'pull.progress', reference: 'r/base:1', layer: 'aa', status: 'Pull complete' },
  { type: 'phase.end', phase: 'prebuild', status: 'ok', durationMs: 300 },
  { type: 'step.start', step: 'a', name: 'FROM base', index: 1, total: 2 },
  { type: 'step.end', step: 'a', status: 'ok', isCached: true, durationMs: 0 },
  { type: 'step.start', step: 'b', name: 'RUN make', index: 2, total: 2 },
  { type: 'step.start', step: 'c', name: '[internal] other' },
  { type: 'step.log', step: 'b', stream: 'stdout', text: 'hel' },
  { type: 'step.log', step: 'b', stream: 'stdout', text: 'lo\nrest' },
  { type: 'step.end', step: 'c', status: 'ok', isCached: false, durationMs: 200 },
  { type: 'step.end', step: 'b', status: 'failed', isCached: false, durationMs: 500, message: 'exit code 3' },
  { type: 'log', level: 'info', message: 'noted', source: 'tag' },
  { type: 'warning', message: 'careful', plugin: 'tag', hint: 'Look.' },
  { type: 'run.end', status: 'failed', exitStatus: 1, durationMs: 900 },
];

describe('progress', () => {
  const shown = (mode: 'plain' | 'rawjson' | 'none' | 'auto', events: readonly EventBody[], env = {}) => {
    let text = '';
    const progress = createProgress(mode, { write: (chunk) => (text += chunk) }, env);
    for (const event of stamped(events)) progress.onEvent(event);
    progress.stop();
    return text;
  };

  test('plain has the grammar of BuildKit', () => {
    expect(shown('plain', build)).toBe(
      `#1 [source] /src
#1 DONE 0.1s

#2 [pull] r/base:1
#2 0.100 aa: Pull complete
#2 DONE 0.2s

#3 [1/2] FROM base
#3 CACHED

#4 [2/2] RUN make
#4 ...

#5 [internal] other
#5 ...

#4 [2/2] RUN make
#4 0.300 hello
#4 ...

#5 [internal] other
#5 DONE 0.2s

#4 [2/2] RUN make
#4 0.500 rest
#4 ERROR: exit code 3

tag: noted
WARNING: tag: careful Look.
`,
    );
  });

  test('shows why there is a warning: the first line of each cause that the message does not have, clean and short', () => {
    const cause = ['second\nat file.ts:1', 'a tap failed', '', `\u001b]0;title\u0007third${'x'.repeat(300)}`];
    expect(
      shown('plain', [
        { type: 'warning', message: 'Plugin "tag": a tap failed.', plugin: 'tag', cause, hint: 'Look.' },
      ]),
    ).toBe(`WARNING: tag: Plugin "tag": a tap failed. (cause: second; third${'x'.repeat(184)}…) Look.\n`);
    expect(shown('plain', [{ type: 'warning', message: 'gone: no', cause: ['no'] }])).toBe('WARNING: gone: no\n');
  });

  test('puts what dock says of the source into it, and ends a push with its plugin', () => {
    const text = shown('plain', [
      { type: 'phase.start', phase: 'source' },
      { type: 'log', level: 'info', message: 'Fetched commit c', source: 'dock:source' },
      { type: 'phase.end', phase: 'source', status: 'ok', durationMs: 100 },
      { type: 'push.progress', reference: 'r/a:1', status: 'Pushing' },
      { type: 'plugin.end', plugin: 'push', hook: 'push', tap: 'push: transfer', status: 'ok', durationMs: 100 },
      { type: 'log', level: 'info', message: 'late', source: 'dock:build' },
    ]);
    expect(text).toBe(
      '#1 [source] \n#1 0.100 Fetched commit c\n#1 DONE 0.1s\n\n#2 [push] r/a:1\n#2 DONE 0.1s\n\nlate\n',
    );
  });

  test('shows gates, and other plugins only when they fail', () => {
    const text = shown('plain', [
      { type: 'plugin.start', plugin: 'test', hook: 'prepublish', tap: 'test' },
      { type: 'log', level: 'info', message: 'passed', source: 'test' },
      { type: 'plugin.end', plugin: 'test', hook: 'prepublish', tap: 'test', status: 'ok', durationMs: 1200 },
      { type: 'plugin.start', plugin: 'tag', hook: 'prebuild', tap: 'tag' },
      { type: 'plugin.end', plugin: 'tag', hook: 'prebuild', tap: 'tag', status: 'ok', durationMs: 1 },
      { type: 'plugin.end', plugin: 'bad', hook: 'prebuild', tap: 'bad', status: 'failed', durationMs: 1 },
      { type: 'plugin.end', plugin: 'dock:build', hook: 'build', tap: 'dock:build', status: 'failed', durationMs: 1 },
    ]);
    expect(text).toBe('#1 [prepublish] test\n#1 0.100 passed\n#1 DONE 1.2s\n\n#2 [prebuild] bad\n#2 ERROR\n\n');
  });

  test('gives each line of a message of many the form of a line', () => {
    const text = shown('plain', [
      { type: 'plugin.start', plugin: 'test', hook: 'prepublish', tap: 'test' },
      { type: 'log', level: 'info', message: 'one\n\ntwo\n', source: 'test' },
      { type: 'plugin.end', plugin: 'test', hook: 'prepublish', tap: 'test', status: 'ok', durationMs: 100 },
      { type: 'log', level: 'info', message: 'late\nlines\n', source: 'test' },
    ]);
    expect(text).toBe(
      '#1 [prepublish] test\n#1 0.100 one\n#1 0.100 \n#1 0.100 two\n#1 DONE 0.1s\n\ntest: late\n    lines\n',
    );
  });

  test('says what was cancelled', () => {
    const text = shown('plain', [
      { type: 'step.start', step: 'a', name: 'RUN sleep' },
      { type: 'run.end', status: 'cancelled', exitStatus: 130, durationMs: 1 },
    ]);
    expect(text).toBe('#1 RUN sleep\n#1 CANCELED\n\n');
  });

  test('a step that is done in parts keeps its number, and shows the time of all of them', () => {
    const text = shown('plain', [
      { type: 'step.start', step: 'a', name: '[internal] load build context' },
      { type: 'step.end', step: 'a', status: 'ok', isCached: false, durationMs: 0 },
      { type: 'step.start', step: 'b', name: 'RUN make' },
      { type: 'step.end', step: 'b', status: 'ok', isCached: false, durationMs: 100 },
      { type: 'step.start', step: 'a', name: '[internal] load build context' },
      { type: 'step.progress', step: 'a', status: 'transferring context', current: 5000 },
      { type: 'step.end', step: 'a', status: 'ok', isCached: false, durationMs: 3000 },
    ]);
    expect(text).toBe(
      `#1 [internal] load build context
#1 DONE 0.0s

#2 RUN make
#2 DONE 0.1s

#1 [internal] load build context
#1 DONE 3.0s

`,
    );
  });

  test('rawjson is the event stream, and none is nothing', () => {
    expect(
      shown('rawjson', build)
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as DockEvent).seq),
    ).toEqual(build.map((_, index) => index + 1));
    expect(shown('none', build)).toBe('');
  });

  test.each([
    [{}, true, 'live'],
    [{}, false, 'plain'],
    [{ CI: '1' }, true, 'plain'],
    [{ TERM: 'dumb' }, true, 'plain'],
    [{ BUILDKIT_PROGRESS: 'rawjson' }, true, 'rawjson'],
    [{ BUILDKIT_PROGRESS: 'quiet' }, true, 'none'],
    [{ BUILDKIT_PROGRESS: 'tty' }, false, 'plain'],
  ])('auto with %j on a terminal (%s) is %s', (env, isTty, mode) => {
    expect(resolveMode('auto', env, isTty)).toBe(mode);
    expect(resolveMode('none', env, isTty)).toBe('none');
    expect(resolveMode('quiet', env, isTty)).toBe('none');
  });

  test('live keeps what runs below what is over, within the width of the terminal', () => {
    let text = '';
    const view = new LiveView({ write: (chunk) => (text += chunk), colours: createColours(false), clean: {} }, () => ({
      columns: 40,
      rows: 10,
    }));
    const board = new VertexBoard(view);
    for (const event of stamped(build.slice(0, -1))) board.handle(event);
    view.stop();
    const screen = replay(text);
    expect(screen).toEqual([
      '✓ [source] /src 0.1s',
      '✓ [pull] r/base:1 0.2s',
      '✓ [1/2] FROM base cached',
      '✓ [internal] other 0.2s',
      '✗ [2/2] RUN make 0.5s',
      '  exit code 3',
      'tag: noted',
      'WARNING: tag: careful Look.',
    ]);
  });

  test.each([
    ['short', 10, 'short'],
    ['exactly-10', 10, 'exactly-10'],
    ['eleven-long', 10, 'eleven-lo…'],
    ['日本語テキスト', 6, '日本…'],
    ['e\u0301e\u0301', 2, 'e\u0301e\u0301'],
  ])('%s cut to %i columns is %s', (text, columns, cut) => expect(cutToWidth(text, columns)).toBe(cut));
});

/** What a terminal shows after text with cursor-up and erase-below. */
function replay(text: string): string[] {
  const lines = [''];
  /* oxlint-disable no-control-regex -- the two sequences that the live view uses */
  for (const [token] of text.matchAll(/\x1b\[(\d+)A\x1b\[0J|\n|[^\x1b\n]+/g)) {
    const up = /^\x1b\[(\d+)A/.exec(token)?.[1];
    /* oxlint-enable no-control-regex */
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), Number(up) + 1, '');
    else if (token === '\n') lines.push('');
    else lines[lines.length - 1] += token;
  }
  return lines.slice(0, -1);
}

describe('a failure', () => {
  const error: ErrorDocument = {
    code: 'BUILD_STEP_FAILED',
    message: '"RUN make" failed with exit code 3',
    hint: 'Repair it.',
    phase: 'build',
    plugin: 'dock:build',
    hook: 'build',
    retryable: false,
    exitStatus: 1,
    cause: ['inner \x1b[2Jreason'],
    attached: [{ code: 'TIMEOUT', message: 'later', hint: '', retryable: true, exitStatus: 124 }],
  };
  const options = { colours: createColours(false), clean: {} };

  test('shows code, message, cause, the last lines of the step and the hint', () => {
    const tail = new StepTail();
    const lines = Array.from({ length: 25 }, (_, index) => `line ${index}\n`).join('');
    for (const event of stamped([
      { type: 'step.start', step: 's', name: 'RUN make' },
      { type: 'step.log', step: 's', stream: 'stdout', text: lines },
      { type: 'step.end', step: 's', status: 'failed', isCached: false, durationMs: 1 },
      { type: 'step.start', step: 't', name: 'RUN other' },
    ]))
      tail.onEvent(event);
    const text = formatError(error, { ...options, step: tail.failed() });
    const expected = Array.from({ length: 20 }, (_, index) => `    | line ${index + 5}`);
    expect(text.split('\n')).toEqual([
      'error BUILD_STEP_FAILED: "RUN make" failed with exit code 3',
      '  in: phase build',
      '  cause: inner reason',
      '  last lines of RUN make:',
      ...expected,
      '  hint: Repair it.',
      '  also TIMEOUT: later',
      '',
    ]);
  });

  test('shows where in the Dockerfile it lies, between the message and the cause', () => {
    const placed = {
      ...error,
      attached: [],
      details: { file: 'Dockerfile', line: 2, excerpt: '1 |     FROM a\n2 | >>> RUN \x1b[2Jb' },
    };
    expect(formatError(placed, options).split('\n').slice(0, 4)).toEqual([
      'error BUILD_STEP_FAILED: "RUN make" failed with exit code 3',
      '  Dockerfile:2',
      '  1 |     FROM a',
      '  2 | >>> RUN b',
    ]);
  });

  test('shows the output that a gate brings', () => {
    const gate = { ...error, code: 'GATE_FAILED', cause: [], attached: [], details: { logTail: ['no', 'really'] } };
    expect(formatError(gate, options)).toContain('  last lines:\n    | no\n    | really\n');
    const container = { ...gate, code: 'EVENTS_BROKEN', details: { lastLines: ['no', 'really'] } };
    expect(formatError(container, options)).toContain('  last lines:\n    | no\n    | really\n');
    const words = {
      ...gate,
      message: 'Gate "test": "echo no; exit 1" ended with status 1.',
      details: { logTail: ['no'] },
    };
    expect(formatError(words, options)).toContain('  last lines:\n    | no\n');
    const told = { ...container, message: 'Its last lines:\nno\nreally' };
    expect(formatError(told, options)).not.toContain('  last lines:');
  });

  test('shows what was published and what was not', () => {
    const reference = { registry: 'r', repository: 'a', tag: '1' };
    const result = {
      image: { place: { kind: 'engine', id: 'sha256:i', store: 'classic' as const }, id: 'sha256:i' },
      published: [{ reference, name: 'r/a:1', digest: 'sha256:d' }],
      unpublished: [{ name: 'r/b:1', error: { code: 'AUTH_FAILED', message: 'denied' } }],
      logFile: '/log',
      error,
    } as unknown as BuildResult;
    expect(formatFailure(result, options)).toContain(
      '  published: r/a:1@sha256:d\n  not published: r/b:1 (AUTH_FAILED: denied)\n  image: sha256:i\n  log: /log\n',
    );
  });
});

describe('a result', () => {
  const result = {
    names: ['r/a:1'],
    image: { id: 'sha256:i', configDigest: 'sha256:c', manifestDigest: 'sha256:m' },
    published: [
      { name: 'r/a:1', digest: 'sha256:d' },
      { name: 's/a:1', digest: 'sha256:e' },
    ],
  } as unknown as BuildResult;

  test('is the image ID and the references by digest, or the ID alone', () => {
    expect(formatResult(result, false)).toBe('sha256:i\nr/a:1@sha256:d\ns/a:1@sha256:e\n');
    expect(formatResult(result, true)).toBe('sha256:i\n');
  });

  test('as metadata has the keys of buildx', () => {
    expect(metadataOf(result)).toMatchObject({
      'containerimage.digest': 'sha256:d',
      'containerimage.config.digest': 'sha256:c',
      'image.name': 'r/a:1,s/a:1',
    });
    expect(metadataOf({ ...result, published: [] })).toMatchObject({ 'containerimage.digest': 'sha256:m' });
  });
});
