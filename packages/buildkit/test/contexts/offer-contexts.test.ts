import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { offerContexts } from '../../src/contexts/offer-contexts.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-offer-'));
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'locked'), { mode: 0o700 });
  mkdirSync(join(directory, 'locked/shared'));
  symlinkSync('loop', join(directory, 'loop'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** As a user who may not go there; root may go everywhere. */
async function asNobody(act: () => Promise<unknown>): Promise<void> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await act();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

test.each([
  ['locked', 'cannot be read: permission denied'],
  ['locked/shared', 'cannot be read: permission denied'],
  ['loop', 'cannot be read: ELOOP'],
  ['none', 'does not exist'],
])('the directory "%s" of a context is an error of the context: %s', async (name, words) => {
  const path = join(directory, name);
  await asNobody(() =>
    expect(offerContexts({ shared: path })).rejects.toMatchObject({
      code: 'CONTEXT_ERROR',
      message: `"${path}" of the context "shared" ${words}.`,
      hint: expect.any(String),
      details: { context: 'shared', path },
    }),
  );
});
