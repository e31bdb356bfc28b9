import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { insideEnvironment } from '../src/inside/environment.js';
import { exitStatusOf } from '../src/inside/exit-status.js';
import { writeCertificates } from '../src/inside/inner-engine/certificates.js';
import { captureOutput } from '../src/inside/output-capture.js';
import { createRunWords } from '../src/inside/run-words.js';

function capture() {
  const written: unknown[] = [];
  const stream = { write: (chunk: unknown) => written.push(chunk) > 0 } as Pick<NodeJS.WriteStream, 'write'>;
  const lines: string[] = [];
  return { written, stream, lines, output: captureOutput((line) => lines.push(line), [stream]) };
}

describe('what the config and its plugins print', () => {
  test('becomes lines, wherever a character is cut', () => {
    const { stream, lines } = capture();
    for (const byte of Buffer.from('grüße\nÄ\n')) stream.write(Buffer.of(byte));
    stream.write('6869', 'hex');
    stream.write('\n');
    expect(lines).toEqual(['grüße', 'Ä', 'hi']);
  });

  test('is a line without an end, too, when nothing may follow', () => {
    const { stream, lines, output, written } = capture();
    stream.write('one\ntwo');
    output.flush();
    stream.write('three');
    output.release();
    stream.write('mine');
    expect([lines, written]).toEqual([['one', 'two', 'three'], ['mine']]);
  });

  test('is not held without a limit', () => {
    const { stream, lines } = capture();
    stream.write('x'.repeat(100_000));
    expect(lines).toEqual(['x'.repeat(100_000)]);
  });
});

describe('words beside the events', () => {
  test('wait for the run to open', () => {
    const words = createRunWords(() => undefined);
    const said: string[] = [];
    words.say((voice) => voice.log('info', 'early', 'x'));
    words.open({ log: (_, message) => said.push(message), warn: () => undefined });
    words.say((voice) => voice.log('info', 'late', 'x'));
    words.end();
    expect(said).toEqual(['early', 'late']);
  });

  test('are printed when the run never opens', () => {
    const printed: string[] = [];
    const words = createRunWords((line) => printed.push(line));
    words.say((voice) => voice.log('info', 'why it failed', 'x'));
    words.say((voice) => voice.warn({ message: 'A.', hint: 'B.' }));
    words.end();
    words.say((voice) => voice.log('info', 'last', 'x'));
    expect(printed).toEqual(['why it failed', 'A. B.', 'last']);
  });
});

test('an end that fails is told and has an exit status: nobody waits for it', async () => {
  const printed: string[] = [];
  const full = async (): Promise<number> => {
    throw new Error('ENOSPC: no space left on device');
  };
  await expect(exitStatusOf(full, (line) => printed.push(line))).resolves.toBe(70);
  expect(printed).toEqual([expect.stringContaining('no space left')]);
  await expect(
    exitStatusOf(
      async () => 3,
      () => undefined,
    ),
  ).resolves.toBe(3);
});

test('a frozen environment inside still tells of what was read in vain', () => {
  const missing: string[] = [];
  const env = Object.freeze(
    insideEnvironment({
      own: {},
      passed: { A: '1' },
      hostVariables: ['B'],
      onMissing: (name) => missing.push(name),
    }),
  );
  expect([Object.isFrozen(env), env['A'], env['B'], missing]).toEqual([true, '1', undefined, ['B']]);
});

test('certificates of the job stand behind those of the build image, in one file', () => {
  const root = mkdtempSync(join(tmpdir(), 'dock-certificates-'));
  try {
    const caFile = join(root, 'ca.pem');
    writeFileSync(caFile, 'of the job');
    const settings = {
      kind: 'inner',
      dataRoot: '/',
      insecureRegistries: [],
      registryMirrors: [],
      dns: [],
      addressPools: [],
      engineArgs: [],
      startTimeoutMs: 1,
    } as const;
    const places = { root: join(root, 'engine'), certificates: join(root, 'engine', 'all.pem') };
    expect(writeCertificates(settings, places)).toBeUndefined();
    expect(writeCertificates({ ...settings, caFile }, places)).toBe(places.certificates);
    expect(readFileSync(places.certificates, 'utf8')).toMatch(/of the job$/);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
