import { DockError, type Ulimit, nearestWord } from '@dock/core';

/** Names that the engine knows (docker/go-units `ulimit.go`). */
const names = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
];

/**
 * A limit as docker's `--ulimit` takes it: `name=soft[:hard]`; -1 is unlimited.
 *
 * @throws INVALID_OPTION
 */
export function parseUlimit(text: string): Ulimit {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text);
  if (match === null) {
    throw new DockError('INVALID_OPTION', `"--ulimit ${text}" is not a limit.`, {
      hint: 'Write name=soft[:hard], as nofile=1024:2048.',
    });
  }
  const name = match[1] ?? '';
  const soft = Number(match[2]);
  const hard = match[3] === undefined ? soft : Number(match[3]);
  if (!names.includes(name)) {
    const near = nearestWord(name, names);
    throw new DockError('INVALID_OPTION', `"--ulimit ${text}" names no limit.`, {
      hint: near === undefined ? `Known: ${names.join(', ')}.` : `Did you mean "${near}"?`,
    });
  }
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new DockError('INVALID_OPTION', `"--ulimit ${text}" has a soft limit over its hard limit.`);
  }
  return { name, soft, hard };
}
