import { describe, expect, test } from '@jest/globals';
import { DockError } from '@dock/core';
import { explainRefusal } from '../src/explain-refusal.js';

describe('a container that cannot have its rights', () => {
  test.each([
    'privileged mode is incompatible with user namespaces',
    'OCI runtime create failed: unable to apply caps: operation not permitted: unknown',
    'authorization denied by plugin policy: no privileged containers',
    'Privileged mode is not allowed here',
  ])('%s', (message) => {
    const error = explainRefusal(new DockError('CONTAINER_FAILED', message), 'privileged');
    expect(error).toMatchObject({
      code: 'PRIVILEGED_REFUSED',
      message: expect.stringContaining(message),
      hint: expect.stringContaining("mode: 'capabilities'"),
    });
  });

  test('does not name the mode that was refused as the way out', () => {
    const error = new DockError('CONTAINER_FAILED', 'operation not permitted');
    expect((explainRefusal(error, 'capabilities') as DockError).hint).not.toContain('capabilities');
  });

  test('another failure stays what it is', () => {
    const error = new DockError('CONTAINER_FAILED', 'no space left on device');
    expect(explainRefusal(error, 'privileged')).toBe(error);
  });
});
