import { describe, expect, test } from '@jest/globals';
import { catalogueRow, errorCatalogue, isErrorCode } from '../../src/errors/catalogue.js';
import { DockError, isDockError } from '../../src/errors/dock-error.js';
import { errorDocument, toDockError } from '../../src/errors/error-document.js';
import { thrownMessage } from '../../src/errors/thrown-message.js';

describe('the catalogue', () => {
  test('has each code once, in capitals', () => {
    const codes = errorCatalogue.map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => !/^[A-Z][A-Z_]+[A-Z]$/.test(code))).toEqual([]);
  });

  test('says in whole sentences what happened and what to do', () => {
    const isSentence = (text: string) => /^["A-Z].*\.$/.test(text);
    expect(errorCatalogue.filter(({ meaning, hint }) => !isSentence(meaning) || !isSentence(hint))).toEqual([]);
  });

  test('is ordered by exit status, and never says success', () => {
    const statuses = errorCatalogue.map(({ exit }) => exit);
    expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
    expect(Math.min(...statuses)).toBeGreaterThan(0);
  });

  test('calls what trying again may help retryable: environment and time limits, never input', () => {
    const wrong = errorCatalogue.filter(({ exit, retryable }) => retryable && exit !== 3 && exit < 124);
    expect(wrong).toEqual([]);
  });

  test('knows its codes and no others', () => {
    expect(isErrorCode('INTERNAL')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(() => catalogueRow('NO_SUCH' as never)).toThrow('NO_SUCH');
  });
});

describe('an error', () => {
  test('takes hint, status and retryable from the catalogue where it knows no better', () => {
    expect(new DockError('AUTH_FAILED', 'no')).toMatchObject({
      exitStatus: 4,
      retryable: false,
      hint: catalogueRow('AUTH_FAILED').hint,
    });
    expect(new DockError('GIT_CLONE_FAILED', 'no', { exitStatus: 4, hint: 'h' })).toMatchObject({
      exitStatus: 4,
      hint: 'h',
    });
  });

  test.each([0, -1, 256, 1.5, Number.NaN])('cannot end a run with status %p', (exitStatus) => {
    const error = new DockError('GATE_FAILED', 'no', { exitStatus });
    expect(error.exitStatus).toBe(1);
    Object.assign(error, { exitStatus });
    expect(errorDocument(error).exitStatus).toBe(70);
  });

  test('gains a place and keeps what it has', () => {
    const error = new DockError('GATE_FAILED', 'no', { plugin: 'a', details: { n: 1 }, cause: 'c' });
    error.attached.push(new DockError('INTERNAL', 'later'));
    expect(error.within({ plugin: 'b', hook: 'push', phase: 'push' })).toMatchObject({
      code: 'GATE_FAILED',
      plugin: 'a',
      hook: 'push',
      phase: 'push',
      details: { n: 1 },
      cause: 'c',
      attached: [{ code: 'INTERNAL' }],
    });
    expect(error.within({ plugin: 'b' })).toBe(error);
  });

  test('is known by brand and structure', () => {
    expect(isDockError(new DockError('INTERNAL', 'x'))).toBe(true);
    for (const other of [null, undefined, 'x', new Error('x'), { [Symbol.for('@dock/core/DockError')]: true }])
      expect(isDockError(other)).toBe(false);
  });
});

describe('an error as JSON', () => {
  test('holds named fields only, and the messages of its causes', () => {
    const secretive = Object.assign(new Error('outer', { cause: new DockError('AUTH_FAILED', 'inner') }), {
      token: 'hidden',
    });
    const document = errorDocument(
      new DockError('INTERNAL', 'm', { cause: secretive, details: { a: 1, u: undefined } }),
    );
    expect(document).toMatchObject({ cause: ['outer', 'AUTH_FAILED: inner'], details: { a: 1 } });
    expect(JSON.stringify(document)).not.toContain('hidden');
  });

  const loop = new DockError('INTERNAL', 'loop');
  loop.attached.push(loop);
  const cyclic: { cause?: unknown; message: string } = { message: 'round' };
  cyclic.cause = cyclic;
  const details: Record<string, unknown> = {};
  details['self'] = details;
  test.each([
    ['a cause without a prototype', new DockError('INTERNAL', 'm', { cause: Object.create(null) })],
    ['a symbol as cause', new DockError('INTERNAL', 'm', { cause: Symbol('s') })],
    [
      'a cause whose message throws',
      new DockError('INTERNAL', 'm', {
        cause: {
          get message() {
            throw new Error('no');
          },
        },
      }),
    ],
    [
      'a cause whose cause throws',
      new DockError('INTERNAL', 'm', {
        cause: {
          message: 'x',
          get cause() {
            throw new Error('no');
          },
        },
      }),
    ],
    ['causes that go round', new DockError('INTERNAL', 'm', { cause: cyclic })],
    ['details that go round', new DockError('INTERNAL', 'm', { details })],
    ['details that JSON does not know', new DockError('INTERNAL', 'm', { details: { n: 1n } })],
    ['details that are huge', new DockError('INTERNAL', 'm', { details: { big: 'x'.repeat(3_000_000) } })],
    ['a message that is huge', new DockError('INTERNAL', 'x'.repeat(3_000_000))],
    ['an error attached to itself', loop],
  ])('survives %s and stays small', (_, error) => {
    const text = JSON.stringify(errorDocument(error));
    expect(text).toContain('"code":"INTERNAL"');
    expect(text.length).toBeLessThan(200_000);
  });
});

describe('what was thrown', () => {
  test.each([
    [new Error('plain'), 'plain'],
    ['text', 'text'],
    [undefined, 'undefined'],
    [new AggregateError([new Error('v4 refused'), new Error('v6 refused')]), 'v4 refused; v6 refused'],
    [{ message: 'of another realm' }, 'of another realm'],
    [Object.create(null), 'an object that is no Error'],
  ])('%p is described as "%s"', (thrown, text) => {
    expect(thrownMessage(thrown)).toBe(text);
  });

  test('is INTERNAL with its cause, or DISK_FULL', () => {
    expect(toDockError(new TypeError('x is not a function'))).toMatchObject({
      code: 'INTERNAL',
      exitStatus: 70,
      cause: expect.any(TypeError),
    });
    expect(toDockError(Object.assign(new Error('write'), { code: 'ENOSPC' }))).toMatchObject({
      code: 'DISK_FULL',
      exitStatus: 3,
    });
  });
});
