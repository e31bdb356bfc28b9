/** The words for an engine's own builders. Everything else names a builder of its own. */
const engineWords: ReadonlySet<string> = new Set(['auto', 'buildkit', 'classic']);

/** A choice in the form that a spec has: `engine` is the engine's BuildKit. */
export function canonicalBuilder(choice: string): string {
  return choice === 'engine' ? 'buildkit' : choice;
}

/** Whether an engine builds. */
export function isEngineBuilder(choice: string): boolean {
  return engineWords.has(canonicalBuilder(choice));
}
