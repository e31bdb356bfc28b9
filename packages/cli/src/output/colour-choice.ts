/** Whether to colour a stream: `NO_COLOR` says no, `FORCE_COLOR` (not 0) says yes, else a terminal does. */
export function hasColour(env: Readonly<Record<string, string | undefined>>, isTty: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTty && env['TERM'] !== 'dumb';
}
