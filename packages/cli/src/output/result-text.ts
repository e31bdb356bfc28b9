import type { BuildResult, JsonValue } from '@dock/core';

/** What a good run prints on standard output: the image ID, then each published reference by its digest. Ends with a newline. */
export function formatResult(result: BuildResult, isQuiet: boolean): string {
  const published = isQuiet ? [] : result.published.map((image) => `${image.name}@${image.digest}`);
  return [result.image?.id ?? '', ...published].map((line) => `${line}\n`).join('');
}

/** What the inspect plugin reported, where it ran. */
export function inspectionOf(result: BuildResult): JsonValue | undefined {
  return result.plugins.find(({ plugin, value }) => plugin === 'inspect' && value !== undefined)?.value;
}
