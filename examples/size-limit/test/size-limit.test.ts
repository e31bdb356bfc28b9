import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ImageDetails } from '@dock/core';
import { builtImage, runPlugin } from '@dock/testing';
import { sizeLimit } from '../size-limit.js';

const engineWith = (size: number) => ({ inspectImage: async () => ({ size }) as ImageDetails });

describe('sizeLimit', () => {
  test('lets an image within the limit pass, and reports both sizes', async () => {
    const run = await runPlugin(sizeLimit({ maxBytes: 10 }), {
      hook: 'prepublish',
      value: builtImage(),
      engine: engineWith(10),
    });
    expect(run.error).toBeUndefined();
    expect(run.reports).toEqual([{ size: 10, maxBytes: 10 }]);
  });

  test('vetoes an image over the limit', async () => {
    const run = await runPlugin(sizeLimit({ maxBytes: 10 }), {
      hook: 'prepublish',
      value: builtImage(),
      engine: engineWith(11),
    });
    expect(run.error).toMatchObject({ code: 'GATE_FAILED', exitStatus: 1, plugin: 'size-limit' });
  });

  test('refuses wrong options when the config loads', () => {
    expect(() => sizeLimit({ maxByte: 10 } as never)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});

test('the guide shows this very plugin', () => {
  const guide = readFileSync(new URL('../../../docs/guides/write-a-plugin.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL('../size-limit.ts', import.meta.url), 'utf8');
  expect(guide).toContain(source.trim());
});
