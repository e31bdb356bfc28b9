import { documentOf } from './answers.js';
import type { CallScope, EngineConnection } from './connection.js';

/**
 * How far the engine's clock is ahead of ours, ms; 0 where it does not tell its time. What an engine dates is compared with our own times only after this: the
 * clock of a virtual machine, or of another machine, may be minutes off.
 *
 * @throws what the engine's failure is
 */
export async function clockSkew(connection: EngineConnection, scope: CallScope): Promise<number> {
  const what = 'asking the engine for its time';
  const before = Date.now();
  const { SystemTime } = documentOf<{ readonly SystemTime?: unknown }>(
    what,
    await connection.ask(what, '/info', scope),
  );
  const after = Date.now();
  const time = typeof SystemTime === 'string' ? Date.parse(SystemTime) : Number.NaN;
  if (Number.isNaN(time)) return 0;
  // Within the time that the answer took, both may be the same.
  return time < before ? time - before : Math.max(0, time - after);
}
