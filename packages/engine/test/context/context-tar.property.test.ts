import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createContextTar } from '../../src/index.js';

const name = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 110 }),
  )
  .map((text) => Buffer.from(text).toString().replaceAll(/[/\0]/g, '_').replaceAll('\uFFFD', '?'))
  .filter((text) => text !== '.' && text !== '..' && Buffer.byteLength(text) <= 200);
const leaf = fc.oneof(
  fc.record({
    kind: fc.constant('file' as const),
    content: fc.uint8Array({ maxLength: 2000 }),
    mode: fc.constantFrom(0o644, 0o755, 0o600, 0o4711),
  }),
  fc.record({ kind: fc.constant('link' as const), target: name }),
);
type Leaf = typeof leaf extends fc.Arbitrary<infer T> ? T : never;
const node = fc.dictionary(name, fc.oneof(leaf, fc.dictionary(name, leaf, { maxKeys: 4 })), {
  maxKeys: 6,
  noNullPrototype: true,
});

function make(directory: string, tree: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(tree)) {
    const path = join(directory, key);
    const given = value as Leaf | Record<string, unknown>;
    if (given.kind === 'file') {
      writeFileSync(path, (given as { content: Uint8Array }).content);
      chmodSync(path, (given as { mode: number }).mode);
    } else if (given.kind === 'link') {
      symlinkSync((given as { target: string }).target, path);
    } else {
      mkdirSync(path);
      make(path, given as Record<string, unknown>);
    }
  }
}

function read(directory: string): unknown {
  return readdirSync(directory)
    .sort()
    .map((key) => {
      const path = join(directory, key);
      const stats = lstatSync(path);
      if (stats.isSymbolicLink()) return [key, 'link', readlinkSync(path)];
      if (stats.isDirectory()) return [key, stats.mode, read(path)];
      return [key, stats.mode, Math.floor(stats.mtimeMs / 1000), readFileSync(path).toString('base64')];
    });
}

test('any tree is the same after GNU tar has extracted its tar', async () => {
  await fc.assert(
    fc.asyncProperty(node, async (tree) => {
      const root = realpathSync(mkdtempSync(join(tmpdir(), 'dock-context-property-')));
      try {
        const contextDir = join(root, 'context');
        const extracted = join(root, 'extracted');
        mkdirSync(contextDir);
        mkdirSync(extracted);
        writeFileSync(join(contextDir, '.Dockerfile-'), 'FROM scratch\n');
        make(
          contextDir,
          Object.fromEntries(
            Object.entries(tree).filter(([key]) => !key.startsWith('.docker') && !key.startsWith('.Dockerfile-')),
          ),
        );
        const tar = await createContextTar({
          contextDir,
          dockerfilePath: join(contextDir, '.Dockerfile-'),
          dockerfileText: 'FROM scratch\n',
        });
        const chunks: Buffer[] = [];
        for await (const chunk of tar.stream) chunks.push(chunk as Buffer);
        execFileSync('tar', ['--same-permissions', '-xf', '-', '-C', extracted], { input: Buffer.concat(chunks) });
        expect(read(extracted)).toEqual(read(contextDir));
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});
