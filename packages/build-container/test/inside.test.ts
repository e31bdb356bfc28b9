import { PassThrough } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { entryScript } from '../src/bundling/entry-script.js';
import { openControlChannel } from '../src/inside/control-channel.js';
import { insideEnvironment } from '../src/inside/environment.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what the host says on standard input', () => {
  test('is the secrets, then control lines, wherever they are cut', async () => {
    const input = new PassThrough();
    const control = openControlChannel(input);
    const text = `{"v":1,"env":{"A":"grüße"}}\n{"cancel":"SIGINT"}\n{"force":true}\n`;
    for (const byte of Buffer.from(text)) input.write(Buffer.of(byte));
    await expect(control.secrets).resolves.toEqual({ v: 1, env: { A: 'grüße' } });
    await turn();
    expect(control.signal.reason).toBe('SIGINT');
    expect(control.forceSignal.aborted).toBe(true);
  });

  test('may be an error, which keeps its code and status', async () => {
    const input = new PassThrough();
    const control = openControlChannel(input);
    input.write('{}\n{"cancel":{"code":"TIMEOUT","message":"Too long.","hint":"h","exitStatus":124}}\n');
    await turn();
    expect(control.signal.reason).toMatchObject({ code: 'TIMEOUT', exitStatus: 124, message: 'Too long.' });
  });

  test('ends when the host is gone: the run is cancelled', async () => {
    const input = new PassThrough();
    const control = openControlChannel(input);
    input.write('{}\n');
    input.end();
    await turn();
    await turn();
    expect(control.signal.reason).toMatchObject({ code: 'CANCELLED', exitStatus: 143 });
  });
});

describe('the environment inside', () => {
  test('has what was passed, its own PATH, and places on the volume', () => {
    const env = insideEnvironment({
      own: { PATH: '/bin', SECRET: 'of the image' },
      passed: { A: '1' },
      hostVariables: [],
      onMissing: () => undefined,
    });
    expect({ ...env }).toEqual({ PATH: '/bin', HOME: '/run/dock/home', TMPDIR: '/run/dock/tmp', A: '1' });
  });

  test('tells once of a variable that the host has and that was read in vain', () => {
    const missing: string[] = [];
    const env = insideEnvironment({
      own: {},
      passed: { A: '1' },
      hostVariables: ['A', 'B', 'NODE_OPTIONS', 'TERM'],
      onMissing: (name) => missing.push(name),
    });
    expect([env['A'], env['B'], env['B'], env['C'], env['TERM'], env['NODE_OPTIONS']]).toEqual(['1', ...Array(5)]);
    expect(missing).toEqual(['B']);
  });
});

describe('the first script inside', () => {
  /** Run it as another version of Node would, as far as it gets. */
  function runAs(version: string) {
    const did: string[] = [];
    const require = (name: string) =>
      name === 'fs' ? { writeSync: (fd: number, text: string) => did.push(`${fd} ${text}`) } : did.push(`load ${name}`);
    const exit = () => {
      throw new Error('exit');
    };
    try {
      runInNewContext(entryScript, { require, process: { versions: { node: version }, exit } });
    } catch (error) {
      did.push((error as Error).message);
    }
    return did;
  }

  test.each(['8.17.0', '18.20.0', '20.18.3'])('refuses Node %s in words of the protocol', (version) => {
    const refusal = `{"refusal":{"code":"BUILD_IMAGE_NO_NODE","detail":"${version}"}}`;
    expect(runAs(version)).toEqual([`3 ${refusal}\n`, 'exit']);
  });

  test.each(['20.19.0', '22.0.0', '24.1.0'])('loads the job with Node %s', (version) => {
    expect(runAs(version)).toEqual(['load ./load.cjs']);
  });
});
