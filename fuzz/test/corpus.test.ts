import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { targets } from '../targets/index.js';

const corpus = fileURLToPath(new URL('../corpus', import.meta.url));
const inputsOf = (target: string): string[] => {
  const directory = join(corpus, target);
  return existsSync(directory) ? readdirSync(directory) : [];
};

describe.each(targets.map((target) => [target.name, target] as const))('%s', (name, target) => {
  test('keeps its promises for every input that once broke them', async () => {
    for (const file of inputsOf(name)) {
      const input = JSON.parse(readFileSync(join(corpus, name, file), 'utf8')) as unknown;
      await expect((async () => target.check(input))()).resolves.toBeUndefined();
    }
  });

  // The same ones each time: new ones are for `npm run fuzz`.
  test('keeps them for a few hundred others', async () => {
    const property = fc.asyncProperty(target.input, async (input) => target.check(input));
    await expect(fc.assert(property, { numRuns: 200, seed: 1 })).resolves.toBeUndefined();
  });
});

test('every directory of the corpus belongs to a target', () => {
  const names = new Set(targets.map(({ name }) => name));
  expect(readdirSync(corpus).filter((name) => !names.has(name))).toEqual([]);
});
