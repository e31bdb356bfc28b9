import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '@dock/api';
import { type BuildSsh, DockError } from '@dock/core';

/**
 * An agent as docker's `--ssh` takes it: `default` or `ID[=SOCKET]`; without a socket it is the one of `SSH_AUTH_SOCK`.
 *
 * @throws INVALID_OPTION without an ID or an agent, OPTION_UNSUPPORTED for private keys
 */
export function parseSsh(text: string, cwd: string, env: Environment): BuildSsh {
  const at = text.indexOf('=');
  const id = at === -1 ? text : text.slice(0, at);
  const path = at === -1 ? '' : text.slice(at + 1);
  const hint = 'Write default, or ID=SOCKET with the socket of an ssh agent.';
  if (id === '') throw new DockError('INVALID_OPTION', `"--ssh ${text}" has no ID.`, { hint });
  const agent = path === '' ? (env['SSH_AUTH_SOCK'] ?? '') : path;
  if (agent === '') {
    throw new DockError('INVALID_OPTION', `"--ssh ${text}" names no socket, and SSH_AUTH_SOCK is not set.`, {
      hint: 'Start an agent with "eval $(ssh-agent)" and "ssh-add".',
    });
  }
  const socket = resolve(cwd, agent);
  const stat = statSync(socket, { throwIfNoEntry: false });
  if (stat?.isFile() === true || (stat === undefined && path.includes(','))) {
    throw new DockError('OPTION_UNSUPPORTED', `"--ssh ${text}" names private keys, which dock does not read.`, {
      hint: 'Add the keys to an ssh agent with "ssh-add" and give its socket.',
      details: { option: 'ssh' },
    });
  }
  if (stat === undefined || !stat.isSocket()) {
    throw new DockError('INVALID_OPTION', `"--ssh ${text}": "${socket}" is no socket of an ssh agent.`, { hint });
  }
  return { id, socket };
}
