import { describe, expect, test } from '@jest/globals';
import { parseSecret } from '../src/request/parse-secret.js';
import { parseSsh } from '../src/request/parse-ssh.js';

describe('--secret', () => {
  test.each([
    ['id=a,src=f', { id: 'a', file: '/cwd/f' }],
    ['src=/f,ID=a', { id: 'a', file: '/f' }],
    ['id=a,env=TOKEN', { id: 'a', env: 'TOKEN' }],
    ['id=a,type=env,src=TOKEN', { id: 'a', env: 'TOKEN' }],
    ['id=a,type=file,source=f', { id: 'a', file: '/cwd/f' }],
    ['id=TOKEN', { id: 'TOKEN', env: 'TOKEN' }],
    ['id=a', { id: 'a', file: '/cwd/a' }],
    ['id=a,"src=f,g"', { id: 'a', file: '/cwd/f,g' }],
  ])('%s is read', (text, expected) => {
    expect(parseSecret(text, '/cwd', { TOKEN: 'never read' })).toEqual(expected);
  });

  test.each(['', 'a', 'src=f', 'id=', 'id=a,type=x', 'id=a,key=b', 'id=a,"src=f'])('%j is refused', (text) => {
    expect(() => parseSecret(text, '/cwd', {})).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});

describe('--ssh', () => {
  const key = process.execPath;

  test.each([
    [`default=${key}`, { id: 'default', keys: [key] }],
    [`a=${key},${key}`, { id: 'a', keys: [key, key] }],
  ])('%s is read as private keys', (text, expected) => {
    expect(parseSsh(text, '/cwd', {})).toEqual(expected);
  });

  test.each([
    ['=x', 'has no ID'],
    ['default', 'names no socket, and SSH_AUTH_SOCK is not set'],
    ['default=/nowhere/at/all', 'names "/nowhere/at/all", which does not exist'],
    ['a=/one,/two', 'names "/one", which does not exist'],
    ['a=/', 'names "/", which is neither a socket nor a file'],
  ])('%s is refused', (text, words) => {
    expect(() => parseSsh(text, '/cwd', {})).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: `"--ssh ${text}" ${words}.` }),
    );
  });
});
