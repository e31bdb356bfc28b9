import { describe, expect, test } from '@jest/globals';
import { gitFailure } from '../../src/source/git-outcome.js';

const step = { doing: 'fetch', subject: 'git@git.example:app.git', directory: '/work/checkout' };
const failed = (stderr: string) => gitFailure({ status: 128, stdout: '', stderr }, step);

describe('the line that says why is in the message', () => {
  const accessRights =
    'fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n';

  test.each([
    [
      'kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.0.0.1 port 22',
      'Connection reset by peer',
    ],
    [
      'No ED25519 host key is known for git.example and you have requested strict checking.\nHost key verification failed.',
      'No ED25519 host key is known for git.example',
    ],
    ['Load key "/key": invalid format', 'Load key "/key": invalid format'],
    ['Bad owner or permissions on /etc/ssh/ssh_config', 'Bad owner or permissions'],
    ['ssh: Could not resolve hostname git.example: Name or service not known', 'Could not resolve hostname'],
    ['git@git.example: Permission denied (publickey).', 'Permission denied (publickey)'],
    ['Connection closed by 10.0.0.1 port 22', 'Connection closed by 10.0.0.1 port 22'],
    ['ERROR: Repository not found.', 'ERROR: Repository not found'],
  ])('%j', (said, words) => {
    const { message } = failed(
      `Warning: Permanently added 'git.example' (ED25519) to the list of known hosts.\n${said}\n${accessRights}`,
    );
    expect(message).toContain(words);
    expect(message).not.toMatch(/access rights|and the repository exists|Permanently added/);
  });

  test('also where more lines follow it', () => {
    const { message } = failed(
      [
        'remote: Counting objects: 100% (3/3), done.',
        'error: RPC failed; curl 56 Recv failure: Connection reset by peer',
        'error: 1234 bytes of body are still expected',
        'fetch-pack: unexpected disconnect while reading sideband packet',
        'fatal: early EOF',
        'fatal: fetch-pack: invalid index-pack output',
      ].join('\n'),
    );
    expect(message).toContain('Recv failure: Connection reset by peer');
    expect(message).toContain('invalid index-pack output');
    expect(message).not.toContain('Counting objects');
  });

  test('the first lines and the last of very many', () => {
    const lines = Array.from({ length: 40 }, (_, index) => `error: line ${index}`);
    const { message } = failed(lines.join('\n'));
    expect(message).toContain('error: line 0; error: line 1; error: line 2; …; error: line 38; error: line 39');
  });

  test('what git says of itself, where it says nothing else', () => {
    expect(failed(accessRights).message).toContain('Could not read from remote repository');
  });
});

test('says that ssh is not installed', () => {
  const error = failed('error: cannot run ssh: No such file or directory\nfatal: unable to fork\n');
  expect(error).toMatchObject({ code: 'COMMAND_NOT_FOUND' });
  expect(error.message).toContain('"ssh"');
});
