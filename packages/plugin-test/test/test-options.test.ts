import { describe, expect, test } from '@jest/globals';
import { test as gate } from '../src/index.js';
import { readTestOptions } from '../src/test-options.js';

describe('test()', () => {
  test('is named test and is strict, unless told otherwise', () => {
    expect(gate({ command: 'true' })).toMatchObject({ name: 'test', optional: false });
    expect(gate({ command: 'true', name: 'smoke', optional: true })).toMatchObject({ name: 'smoke', optional: true });
  });

  test.each([
    [{ command: 'a && b' }, { kind: 'command', argv: ['sh', '-c', 'a && b'], shown: 'a && b' }],
    [{ command: ['a', 'b c'] }, { kind: 'command', argv: ['a', 'b c'], shown: 'a b c' }],
    [{ port: 8080 }, { kind: 'service', port: 8080, statuses: [200] }],
    [
      { port: 8080, url: '/health?x=1' },
      { kind: 'service', port: 8080, path: '/health?x=1', statuses: [200] },
    ],
    [
      { url: 'http://localhost:81/a', expectStatus: [200, 204] },
      { kind: 'service', port: 81, path: '/a', statuses: [200, 204] },
    ],
    [
      { url: 'http://127.0.0.1', expectBody: 'ok' },
      { kind: 'service', port: 80, path: '/', statuses: [200], body: 'ok' },
    ],
  ])('reads %j', (options, check) => {
    expect(readTestOptions(options).check).toEqual(check);
  });

  test.each([
    [{}, 'neither "command" nor "port" nor "url"'],
    [{ command: 'x', port: 1 }, 'exclude each other'],
    [{ command: 'x', url: '/' }, 'exclude each other'],
    [{ url: '/health' }, 'needs "port"'],
    [{ url: 'http://localhost:81/', port: 80 }, 'names port 81'],
    [{ url: 'https://localhost/' }, '"url"'],
    [{ url: 'http://example.com/' }, '"url"'],
    [{ port: 1, expectStatus: 200 }, 'need "url"'],
    [{ command: 'x', expectBody: 'y' }, 'need "url"'],
    [{ port: 1, network: 'none' }, 'nothing can answer'],
    [{ command: [] }, '"command"'],
    [{ command: '' }, '"command"'],
    [{ port: 70_000 }, '"port"'],
    [{ command: 'x', memory: 1024 }, '"memory"'],
    [{ command: 'x', timeoutMs: 0 }, '"timeoutMs"'],
    [{ command: 'x', workingDir: 'rel' }, '"workingDir"'],
    [{ command: 'x', env: { 'A=B': 'c' } }, '"env'],
    [{ comand: 'x' }, 'unknown key "comand"'],
  ])('refuses %j when the config loads', (options, message) => {
    expect(() => gate(options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) as never }),
    );
  });

  test('names the plugin in what it refuses', () => {
    expect(() => gate({ name: 'smoke' })).toThrow('In the options of plugin "smoke"');
  });
});
