import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockError } from '@dock/core';

/**
 * The Debian mirror that this machine uses, or `DOCK_TESTING_MIRROR`.
 *
 * @param directory where apt's sources lie. @default '/etc/apt'
 * @throws INVALID_OPTION when the machine names none
 */
export function findMirror(env: NodeJS.ProcessEnv, directory = '/etc/apt'): string {
  if (env.DOCK_TESTING_MIRROR !== undefined && env.DOCK_TESTING_MIRROR !== '') return env.DOCK_TESTING_MIRROR;
  const texts = sourceFiles(directory).map((path) => readFileSync(path, 'utf8'));
  const mirror = texts.flatMap(mirrorsOf).find((uri) => /debian/.test(uri) && !/security/.test(uri));
  if (mirror !== undefined) return mirror;
  throw new DockError('INVALID_OPTION', `No Debian mirror is configured in "${directory}".`, {
    hint: 'Set DOCK_TESTING_MIRROR to the URL of one.',
  });
}

function sourceFiles(directory: string): string[] {
  const parts = join(directory, 'sources.list.d');
  const names = existsSync(parts) ? readdirSync(parts).sort() : [];
  return [join(directory, 'sources.list'), ...names.map((name) => join(parts, name))].filter(
    (path) => /\.(list|sources)$/.test(path) && existsSync(path),
  );
}

// Both forms of sources.list(5): `deb [options] URI suite components`, and stanzas with `URIs:`; a stanza that is switched off does not count.
function mirrorsOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const oneLine = lines.map((line) => /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+\S+\s+.*\bmain\b/.exec(line)?.[1] ?? '');
  const stanzas = text
    .split(/\n\s*\n/)
    .filter((stanza) => /^Types:.*\bdeb\b/m.test(stanza) && !/^Enabled:\s*no/im.test(stanza))
    .flatMap((stanza) => /^URIs:\s*(.+)$/m.exec(stanza)?.[1]?.split(/\s+/) ?? []);
  return [...oneLine, ...stanzas].filter(Boolean);
}
