import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from '@jest/globals';
import { pack } from 'tar-stream';
import { field, type CaseRunner, type FileRunners } from '../../../core/test/conformance/vector-file.js';
import { readTarFiles } from '../../src/stream/read-tar-files.js';

interface TarEntry {
  readonly name: string;
  readonly typeflag: string;
  readonly linkname?: string;
  readonly mode?: number;
}

const types: Readonly<Record<string, 'file' | 'link' | 'symlink' | 'directory'>> = {
  file: 'file',
  reg: 'file',
  link: 'link',
  symlink: 'symlink',
  dir: 'directory',
  directory: 'directory',
};

function archiveOf(entries: readonly TarEntry[]): ReturnType<typeof pack> {
  const archive = pack();
  for (const { name, typeflag, linkname, mode } of entries) {
    const type = types[typeflag];
    if (type === undefined) throw new TypeError(`the type "${typeflag}" of "${name}" is unknown`);
    const header = {
      name,
      type,
      ...(mode === undefined ? {} : { mode }),
      ...(linkname === undefined ? {} : { linkname }),
    };
    if (type === 'file') archive.entry(header, 'new content');
    else archive.entry(header);
  }
  archive.finalize();
  return archive;
}

/** dock unpacks no archive of a container: it reads regular files by name. So nothing may come out of a link, and nothing onto the disk. */
const isContained: CaseRunner = async ({ input, expected }) => {
  const root = mkdtempSync(join(tmpdir(), 'dock-breakout-'));
  const before = process.cwd();
  try {
    mkdirSync(join(root, 'victim'));
    mkdirSync(join(root, 'dest'));
    writeFileSync(join(root, 'victim', 'hello'), 'hello world');
    process.chdir(join(root, 'dest'));
    const names: string[] = [];
    for await (const { name, bytes } of readTarFiles(
      Readable.from(archiveOf(input as readonly TarEntry[])),
      1024 * 1024,
    )) {
      expect(bytes.toString()).not.toContain('hello world');
      names.push(name);
    }
    const files = (input as readonly TarEntry[]).filter(({ typeflag }) => types[typeflag] === 'file');
    expect(names).toEqual(files.map(({ name }) => name));
    expect({
      contained:
        readdirSync(join(root, 'dest')).length === 0 &&
        readdirSync(join(root, 'victim')).join() === 'hello' &&
        readFileSync(join(root, 'victim', 'hello'), 'utf8') === 'hello world',
    }).toEqual({ contained: field(expected, 'contained') });
  } finally {
    process.chdir(before);
    rmSync(root, { recursive: true });
  }
};

/** Runners for `tar-breakout.json` (moby/go-archive), one for each of its tests. */
export const tarBreakoutRunners: FileRunners = {
  TestUntarInvalidFilenames: isContained,
  TestUntarInvalidHardlink: isContained,
  TestUntarInvalidSymlink: isContained,
  TestApplyLayerInvalidFilenames: isContained,
  TestApplyLayerInvalidHardlink: isContained,
  TestApplyLayerInvalidSymlink: isContained,
};
