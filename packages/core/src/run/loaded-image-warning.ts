import type { WarningDocument } from '../contracts/result.js';
import type { RunNote } from '../contracts/run-note.js';

/**
 * That an engine may have an image that was on its way into it: how far that came is not known, and it must not be lost.
 *
 * @param end how the run ended: `died`, `failed`
 */
export function loadedImageWarning(
  { image, names }: Pick<Extract<RunNote, { kind: 'loaded-image' }>, 'image' | 'names'>,
  end: 'died' | 'failed',
): WarningDocument {
  const named = names.length === 0 ? '' : ` for ${names.map((name) => `"${name}"`).join(', ')}`;
  return {
    message: `The image "${image}" was being loaded into the engine${named} when the run ${end}: it may be there, and may lack its names.`,
    hint: 'Look for it with "docker image inspect"; "docker rmi" removes it. Or run again.',
  };
}
