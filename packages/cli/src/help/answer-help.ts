import { readFileSync } from 'node:fs';
import { hasColour } from '../output/colour-choice.js';
import { formatCommandHelp, formatProgramHelp, type HelpStyle, type Manifest } from './help-text.js';

/** The command that help is asked for: `''` for the program, `undefined` when help is not asked for. */
export function helpTopic(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const names = words.filter((word) => !word.startsWith('-'));
  if (names[0] === 'help') return names[1] ?? '';
  if (words.includes('--help') || words.includes('-h')) return names[0] ?? '';
  return words.every((word) => word === '--json') ? '' : undefined;
}

/** The manifest of the package: commands and flags, without loading any of them. */
export function readManifest(root: URL): Manifest {
  return JSON.parse(readFileSync(new URL('oclif.manifest.json', root), 'utf8')) as Manifest;
}

/** Help for a topic, or `undefined` when there is no such command. */
export function answerHelp(topic: string, manifest: Manifest, stream: NodeJS.WriteStream): string | undefined {
  const isBold = hasColour(process.env, stream.isTTY === true);
  const style: HelpStyle = {
    columns: Math.min(120, stream.columns ?? 100),
    bold: (text) => (isBold ? `\x1b[1m${text}\x1b[22m` : text),
  };
  if (topic === '') return formatProgramHelp(manifest, style);
  const command = Object.hasOwn(manifest.commands, topic) ? manifest.commands[topic] : undefined;
  return command === undefined ? undefined : formatCommandHelp(command, style);
}
