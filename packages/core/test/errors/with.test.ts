import { describe, expect, test } from '@jest/globals';
import { DockError } from '../../src/errors/dock-error.js';

const cause = new Error('why');
const later = new DockError('TIMEOUT', 'Later.');
const error = new DockError('PUSH_REFUSED', 'No.', {
  ...{ hint: 'Ask.', retryable: true, exitStatus: 3, cause },
  ...{ phase: 'push', plugin: 'push', hook: 'push' },
  details: { host: 'r.example.com', status: 403 },
} as const);
error.attached.push(later);

describe('an error with something else', () => {
  test('is the same in all that was not named, its stack and what is attached to it included', () => {
    const copy = error.with({});
    expect(copy).not.toBe(error);
    const { code, message, hint, retryable, exitStatus, phase, plugin, hook, details, stack } = error;
    expect(copy).toMatchObject({ code, message, hint, retryable, exitStatus, phase, plugin, hook, details, stack });
    expect(copy.cause).toBe(cause);
    expect(copy.attached).toEqual([later]);
    expect(copy.attached).not.toBe(error.attached);
  });

  test('has the message, hint, status and place that were named', () => {
    const changes = { message: 'Never.', hint: 'Give up.', exitStatus: 4, retryable: false, phase: 'build' } as const;
    expect(error.with(changes)).toMatchObject({ code: 'PUSH_REFUSED', plugin: 'push', ...changes });
  });

  test('keeps its details beside new ones, and its attached errors before new ones', () => {
    const other = new DockError('INTERNAL', 'Other.');
    const copy = error.with({ details: { status: 401, attempts: 2 }, attached: [other] });
    expect(copy.details).toEqual({ host: 'r.example.com', status: 401, attempts: 2 });
    expect(copy.attached).toEqual([later, other]);
    expect(error.attached).toEqual([later]);
  });
});
