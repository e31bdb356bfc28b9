import { builderWord } from './builder-word.js';

/** The words for an engine's own builders. Everything else names a builder of its own. */
const engineWords: ReadonlySet<string> = new Set(['auto', 'buildkit', 'classic']);

/** A choice in the form that a spec has: `engine` is the engine's BuildKit. Undefined for what names no builder. */
export function canonicalBuilder(choice: string): string | undefined {
  if (choice === 'engine') return 'buildkit';
  return builderWord(choice) === undefined ? undefined : choice;
}

/** Whether an engine builds. */
export function isEngineBuilder(choice: string): boolean {
  return engineWords.has(choice) || choice === 'engine';
}
