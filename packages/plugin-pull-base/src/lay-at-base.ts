import { type BaseImage, type BuildSpec, DockError, isDockError, nearestWord } from '@dock/core';
import { sourcePlace } from '@dock/core/internal';
import { readSpecDockerfile } from './pin-bases.js';

/** What is no more than a word may be the name of a stage, written wrong. */
const word = /^[A-Za-z][\w-]*$/;

/** What went wrong with a base, laid at the instruction that names it; what was taken for an image because no stage has that name offers the stage that is near. */
export function layAtBase(error: unknown, spec: BuildSpec, base: BaseImage): unknown {
  if (!isDockError(error) || base.use === 'syntax') return error;
  const { instructions, stages } = readSpecDockerfile(spec);
  const instruction = instructions.find(({ startLine }) => startLine === base.line);
  if (instruction === undefined) return error;
  const details = { ...sourcePlace(spec, instruction) };
  const before = stages.filter(({ from }) => from.startLine < base.line);
  const near = word.test(base.text)
    ? nearestWord(
        base.text,
        before.flatMap(({ name }) => name ?? []),
      )
    : undefined;
  if (near === undefined) return error.with({ details });
  const hint = `Did you mean the stage "${near}"? ${error.hint}`;
  if (base.use === 'from') return error.with({ hint, details });
  return new DockError(
    'DOCKERFILE_INVALID',
    `No stage is named "${base.text}", so it was taken for an image, which is not to be had (${details.file}:${details.line}).`,
    { hint: `Did you mean the stage "${near}"?`, cause: error, details: { ...error.details, ...details } },
  );
}
