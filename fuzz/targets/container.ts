import assert from 'node:assert/strict';
import fc from 'fast-check';
import { itemOf } from '../../packages/api/src/gc/take-back.js';
import { EventReader } from '../../packages/build-container/src/host/event-reader.js';
import { readResult } from '../../packages/core/src/run/result-schema.js';
import { readStateText } from '../../packages/core/src/run/read-run-state.js';
import { chunksOf, cuts, mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orDockError } from '../fuzz-target.js';

const run = '20260102t030405-0123abcd';
const image = {
  id: `sha256:${'0f'.repeat(32)}`,
  store: 'classic',
  configDigest: `sha256:${'0f'.repeat(32)}`,
  platforms: [{ platform: 'linux/amd64', configDigest: `sha256:${'0f'.repeat(32)}` }],
};
const result = {
  v: 1,
  runId: run,
  status: 'ok',
  exitStatus: 0,
  runner: 'host-docker',
  publishedState: 'none',
  startedAt: '2026-01-02T03:04:05.678Z',
  durationMs: 12,
  source: { kind: 'path', contextDir: '/run/dock/source' },
  image,
  names: ['app:1'],
  bases: [],
  published: [],
  unpublished: [],
  phases: [{ phase: 'build', status: 'ok', durationMs: 10 }],
  plugins: [{ plugin: 'p', hook: 'build', tap: 'p', status: 'ok', durationMs: 1, value: { a: [1] } }],
  warnings: [{ message: 'm', hint: 'h' }],
  versions: { dock: '0.0.0' },
};
const error = { code: 'BUILD_FAILED', message: 'm', hint: 'h', phase: 'build', retryable: false, exitStatus: 1 };
const failed = { ...result, status: 'failed', exitStatus: 1, error: { ...error, attached: [error], cause: ['c'] } };
const words = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  'null',
  '1e999',
  '-1',
  '{"__proto__":{"a":1}}',
  '"constructor":1',
  '"attached":[',
  '"status":"ok"',
  '"exitStatus":0',
  '[[[[',
];

export const resultFile = fuzzTarget({
  name: 'result-file',
  input: mutated([JSON.stringify(result), JSON.stringify(failed)], words),
  check(text) {
    const read = orDockError(() => readResult(text));
    assert.equal(({} as { a?: unknown }).a, undefined);
    if (read === undefined) return;
    // What was read is read again, and says the same.
    const again = JSON.stringify(read);
    assert.equal(JSON.stringify(readResult(again)), again);
    assert.equal(read.status === 'ok', read.exitStatus === 0 && read.error === undefined);
  },
});

const stamp = (seq: number) => ({ v: 1, seq, time: '2026-01-02T03:04:05.678Z', run });
const eventLines = [
  { ...stamp(1), type: 'phase.start', phase: 'build' },
  { state: { note: 1, what: { kind: 'container', id: '0123456789ab' } } },
  { ...stamp(2), type: 'log', level: 'info', message: 'ä𝄞', source: 'p' },
  { state: { done: 1 } },
  { ...stamp(3), type: 'phase.end', phase: 'build', status: 'ok', durationMs: 1 },
  { ...stamp(4), type: 'run.end', status: 'ok', exitStatus: 0, durationMs: 2 },
].map((line) => `${JSON.stringify(line)}\n`);
const eventWords = [...words, ...eventLines, '\n', '{"refusal":{"code":"BUILD_IMAGE_NO_NODE","detail":1}}\n'];

function eventsOf(chunks: readonly Uint8Array[]): unknown[] {
  const said: unknown[] = [];
  const reader = new EventReader({
    runId: run,
    onEvent: (event) => said.push(event),
    onState: (line) => said.push(line),
  });
  const fault = orDockError(() => {
    for (const chunk of chunks) reader.push(chunk);
    reader.end();
    return 'whole';
  });
  const numbers = said.flatMap((each) => (each as { readonly seq?: number }).seq ?? []);
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => index + 1),
  );
  return [...said, reader.refusal, fault];
}

export const containerEvents = fuzzTarget({
  name: 'container-events',
  input: fc.record({
    text: fc.oneof({ weight: 3, arbitrary: mutated([eventLines.join('')], eventWords) }, wordSoup(eventWords, 20)),
    cuts,
  }),
  check({ text, cuts: lengths }) {
    const whole = Buffer.from(text, 'utf8');
    assert.deepEqual(eventsOf(chunksOf(whole, lengths)), eventsOf([whole]));
  },
});

const header = { v: 1, run, startedAt: '2026-01-02T03:04:05.678Z', identity: { pid: 1 } };
const stateLines = [
  header,
  { engine: 'unix:///var/run/docker.sock' },
  { note: 1, what: { kind: 'directory', prefix: '/tmp/dock-0/x-' } },
  { note: 2, what: { kind: 'own-name', name: 'a:1' } },
  { note: 3, what: { kind: 'loaded-image', image: 'sha256:0', names: ['a:1'] } },
  { done: 1 },
  { facts: { names: ['a:1'] } },
].map((line) => `${JSON.stringify(line)}\n`);

const knownKinds = new Set(['container', 'directory', 'lent-name', 'own-name']);

export const stateFile = fuzzTarget({
  name: 'state-file',
  input: mutated([stateLines.join('')], [...words, ...stateLines, '\n', '"note":', '"what":', '"facts":']),
  check(text) {
    const state = readStateText(text, '/runs/x');
    if (state === undefined) return;
    assert.equal(typeof state.run, 'string');
    for (const note of state.notes) {
      assert.equal(typeof note.kind, 'string');
      if (note.kind === 'loaded-image') assert.equal(typeof note.names.join(), 'string');
      else if (knownKinds.has(note.kind)) assert.equal(typeof itemOf(note, state).id, 'string');
    }
    assert.equal(typeof state.facts, 'object');
  },
});
