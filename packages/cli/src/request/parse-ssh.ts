import { resolve } from 'node:path';
import type { Environment } from '@dock/api';
import { type BuildSsh, DockError } from '@dock/core';
import { statPath } from './stat-path.js';

/**
 * An agent or keys as docker's `--ssh` takes them: `default` or `ID[=SOCKET|KEY[,KEY]]`; without a value it is the agent of `SSH_AUTH_SOCK`.
 *
 * @throws INVALID_OPTION without an ID, an agent or a key
 */
export function parseSsh(text: string, cwd: string, env: Environment): BuildSsh {
  const at = text.indexOf('=');
  const id = at === -1 ? text : text.slice(0, at);
  const path = at === -1 ? '' : text.slice(at + 1);
  const wrong = (
    why: string,
    hint = 'Write default, ID=SOCKET with the socket of an ssh agent, or ID=FILE with a private key.',
  ) => new DockError('INVALID_OPTION', `"--ssh ${text}" ${why}.`, { hint });
  if (id === '') throw wrong('has no ID');
  const agent = path === '' ? (env['SSH_AUTH_SOCK'] ?? '') : path;
  if (agent === '')
    throw wrong(
      'names no socket, and SSH_AUTH_SOCK is not set',
      'Start an agent with "eval $(ssh-agent)" and "ssh-add", or name a private key: --ssh default=FILE.',
    );
  const whole = resolve(cwd, agent);
  const found = statPath(whole);
  if (found?.isSocket() === true) return { id, socket: whole };
  const keys = (found === undefined ? agent.split(',') : [agent]).map((each) => resolve(cwd, each));
  for (const key of keys) {
    const stat = statPath(key);
    if (stat === undefined) throw wrong(`names "${key}", which does not exist`);
    if (stat.isSocket()) throw wrong(`names the socket "${key}" among files; an agent stands alone`);
    if (!stat.isFile()) throw wrong(`names "${key}", which is neither a socket nor a file`);
  }
  return { id, keys };
}
