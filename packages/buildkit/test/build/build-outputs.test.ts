import {
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseImageReference, type BuildOutput } from '@dock/core';
import { specOf } from '../../../engine/test/engine-fixture.js';
import { openOutputs } from '../../src/build/build-outputs.js';
import type { SendTarget } from '../../src/session/filesend/file-send.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-build-outputs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const spec = (outputs: readonly string[], names: readonly string[] = []) =>
  specOf(directory, 'FROM scratch\n', { outputs, references: names.map((name) => parseImageReference(name)) });

type Bytes = SendTarget & { readonly kind: 'bytes' };

/** What a builder sends to an output. */
async function send(target: SendTarget | undefined, text: string): Promise<void> {
  const { open, onWhole } = target as Bytes;
  await pipeline([Buffer.from(text)], await open({}));
  onWhole?.(text.length);
}

describe('the exporters of a spec', () => {
  test('are those of its outputs, and the image comes last, in the form that is asked for', () => {
    const outputs = ['type=local,dest=/a', 'type=tar,dest=/b', 'type=image,compression=zstd'];
    const { exporters } = openOutputs(spec(outputs));
    expect(exporters.map(({ type, attrs }) => [type, attrs])).toEqual([
      ['local', {}],
      ['tar', {}],
      ['moby', { compression: 'zstd' }],
    ]);
    expect(openOutputs(spec(['type=local,dest=/a'])).exporters.map(({ type }) => type)).toEqual(['local']);
    expect(openOutputs(specOf(directory, 'FROM scratch\n')).exporters).toEqual([{ type: 'moby', attrs: {} }]);
  });

  test('name an archive of an image as the run names images', () => {
    const { exporters } = openOutputs(spec(['type=oci,dest=/x,name=own:1'], ['one:1', 'two:2']));
    expect(exporters[0]?.attrs).toEqual({ name: 'docker.io/library/one:1,docker.io/library/two:2,own:1' });
  });
});

describe('a file', () => {
  const open = (dest: string) => {
    const told: BuildOutput[] = [];
    const outputs = openOutputs(spec([`type=oci,dest=${dest}`]), [], { onOutput: (output) => told.push(output) });
    return { ...outputs, told, target: outputs.exporters[0]?.target };
  };

  test('has its name when the build is over, and keeps the mode of the one before', async () => {
    const dest = join(directory, 'out.tar');
    writeFileSync(dest, 'before', { mode: 0o600 });
    const { target, finish, drop, told } = open(dest);
    await send(target, 'after');
    expect(readFileSync(dest, 'utf8')).toBe('before');
    finish({ 'containerimage.digest': 'sha256:a', 'containerimage.config.digest': 'sha256:b' });
    drop();
    expect([readFileSync(dest, 'utf8'), statSync(dest).mode & 0o777]).toEqual(['after', 0o600]);
    expect(told).toEqual([{ type: 'oci', dest, bytes: 5, digest: 'sha256:a', configDigest: 'sha256:b' }]);
    expect(readdirSync(directory)).toEqual(['out.tar']);
  });

  test('that a link names is replaced behind it, and no other name of the old one is written to', async () => {
    const [dest, link, other] = ['out.tar', 'link', 'other'].map((name) => join(directory, name));
    writeFileSync(dest ?? '', 'before');
    linkSync(dest ?? '', other ?? '');
    symlinkSync('out.tar', link ?? '');
    const { target, finish } = open(link ?? '');
    await send(target, 'after');
    finish({});
    expect([dest, link, other].map((path) => readFileSync(path ?? '', 'utf8'))).toEqual(['after', 'after', 'before']);
  });

  test('that has not come whole is an error, and leaves nothing', async () => {
    const dest = join(directory, 'out.tar');
    const { target, finish, drop, told } = open(dest);
    await (target as Bytes).open({});
    expect(() => finish({})).toThrow(expect.objectContaining({ code: 'DAEMON_PROTOCOL' }));
    drop();
    expect([existsSync(dest), readdirSync(directory), told]).toEqual([false, [], []]);
  });

  test('is written from the start again when the build is asked for again', async () => {
    const dest = join(directory, 'out.tar');
    const { target, again, finish, told } = open(dest);
    await send(target, 'the first try');
    again('a race');
    expect(readdirSync(directory)).toEqual([]);
    expect(() => finish({})).toThrow(expect.objectContaining({ code: 'DAEMON_PROTOCOL' }));
    await send(target, 'second');
    finish({});
    expect([readFileSync(dest, 'utf8'), told]).toEqual(['second', [{ type: 'oci', dest, bytes: 6 }]]);
  });

  test('that is a device is written to again only where nothing was sent', async () => {
    const { target, again } = open('/dev/null');
    await send(target, 'x');
    expect(() => again('a race')).not.toThrow();
    (target as Bytes).onBytes?.();
    expect(() => again('a race')).toThrow(
      expect.objectContaining({ code: 'OUTPUT_FAILED', message: expect.stringContaining('/dev/null') }),
    );
  });

  test('that cannot be written is told before anything comes', () => {
    const { target } = open(join(directory, 'none', 'out.tar'));
    expect(() => (target as Bytes).open({})).toThrow(expect.objectContaining({ code: 'OUTPUT_FAILED' }));
  });

  test('that is a device or a pipe is written to; a pipe that nobody reads is an error', async () => {
    const { target, finish } = open('/dev/null');
    await send(target, 'x');
    finish({});
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => (open(pipe).target as Bytes).open({})).toThrow(expect.objectContaining({ code: 'OUTPUT_FAILED' }));
  });
});

test('several archives, or one beside an image, have no digest of the answer: it may be of another', async () => {
  const told: BuildOutput[] = [];
  const outputs = [`type=oci,dest=${join(directory, 'a')}`, 'type=image'];
  const { exporters, finish } = openOutputs(spec(outputs), undefined, { onOutput: (output) => told.push(output) });
  await send(exporters[0]?.target, 'x');
  finish({ 'containerimage.digest': 'sha256:a' });
  expect(told[0]).not.toHaveProperty('digest');
});
