import type { BuildResult, BuiltImage, JsonValue } from '@dock/core';

/** What names an image in one word: what `docker inspect` takes, or the digest of a manifest that no engine has. */
export function imageIdentity({ id, manifestDigest, configDigest }: BuiltImage): string {
  return id ?? manifestDigest ?? configDigest;
}

/**
 * What a good run prints on standard output: the image ID, then each published reference by its digest. Ends with a newline. Nothing, where an output of the build
 * went there.
 */
export function formatResult(result: BuildResult, isQuiet: boolean): string {
  if (result.outputs?.some(({ dest }) => dest === '-') === true) return '';
  const published = isQuiet ? [] : result.published.map((image) => `${image.name}@${image.digest}`);
  return [result.image === undefined ? '' : imageIdentity(result.image), ...published]
    .map((line) => `${line}\n`)
    .join('');
}

/** What the inspect plugin reported, where it ran. */
export function inspectionOf(result: BuildResult): JsonValue | undefined {
  return result.plugins.find(({ plugin, value }) => plugin === 'inspect' && value !== undefined)?.value;
}
