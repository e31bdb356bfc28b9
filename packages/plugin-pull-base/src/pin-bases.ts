import {
  type BaseImage,
  type BuildSpec,
  type Dockerfile,
  formatImageReference,
  type ImageReference,
  type Instruction,
  parseDockerfile,
  pinFrom,
  replaceInstruction,
  type ResolvedBase,
  resolveBasesOf,
  type ResolveBasesOptions,
} from '@dock/core';

/** A base and what the build shall use for it. */
export interface Pin {
  readonly base: BaseImage;
  readonly image: ImageReference;
}

/** The Dockerfile of a spec, read as its builder reads it. */
export function readSpecDockerfile(spec: BuildSpec, text = spec.dockerfile.text): Dockerfile {
  return parseDockerfile(text, { path: spec.dockerfile.path, buildArgs: spec.buildArgs, builder: spec.builder });
}

/** Every base as the Dockerfile names it, and as the triggers of images do whose ONBUILD lists are known. */
export function basesOf(
  spec: BuildSpec,
  dockerfile: Dockerfile,
  onbuild?: ResolveBasesOptions['onbuild'],
): readonly ResolvedBase[] {
  const { buildArgs, builder, target, contexts } = spec;
  const options = {
    ...{ buildArgs, builder },
    ...(target === undefined ? {} : { target }),
    ...(contexts === undefined ? {} : { contexts }),
    ...(onbuild === undefined ? {} : { onbuild }),
  };
  return resolveBasesOf(dockerfile, options, spec.platforms).bases;
}

/**
 * The Dockerfile's text with each base named by its pin, in FROM, `COPY --from` and `RUN --mount=from`. Only what reads back as the pin
 * is changed; bases that could not be (a name put together from variables in a flag, a trigger of another image) are returned.
 */
export function pinBases(spec: BuildSpec, pins: readonly Pin[]): { text: string; unpinned: BaseImage[] } {
  let { text } = spec.dockerfile;
  const unpinned: BaseImage[] = [];
  for (const { base, image } of pins) {
    const pin = { image, base: { ...base, line: lineOf(spec, text, { base, image }) } };
    if (isPinned(spec, text, pin)) continue;
    const edited = isOfOnePlatform(spec, base) ? undefined : edit(readSpecDockerfile(spec, text), pin);
    if (edited !== undefined && isPinned(spec, edited, pin)) text = edited;
    else unpinned.push(base);
  }
  return { text, unpinned };
}

/** Whether a FROM names another base for another platform of the image: no text can name both pins. */
function isOfOnePlatform({ bases }: BuildSpec, { use, line, text }: BaseImage): boolean {
  return use === 'from' && bases.some((each) => each.use === use && each.line === line && each.text !== text);
}

/** Where a text names a base, or its pin, by what that is: an edit may have moved lines. Of several places it is the one whose line the base has. */
function lineOf(spec: BuildSpec, text: string, { base, image }: Pin): number {
  const named = basesOf(spec, readSpecDockerfile(spec, text)).filter(({ use }) => use === base.use);
  const lines = (wanted: ImageReference): number[] =>
    named.flatMap(({ reference, line }) =>
      reference !== undefined && formatImageReference(reference) === formatImageReference(wanted) ? [line] : [],
    );
  const found = [...lines(base.reference), ...lines(image)];
  return found.includes(base.line) ? base.line : (found[0] ?? base.line);
}

function isPinned(spec: BuildSpec, text: string, { base, image }: Pin): boolean {
  const wanted = formatImageReference(image);
  const here = basesOf(spec, readSpecDockerfile(spec, text)).filter(
    ({ use, line }) => use === base.use && line === base.line,
  );
  const isNamed = here.some(({ reference }) => reference !== undefined && formatImageReference(reference) === wanted);
  return isNamed && !here.some((one) => one.text === base.text && base.text !== wanted);
}

function edit(dockerfile: Dockerfile, { base, image }: Pin): string | undefined {
  const name = formatImageReference(image);
  if (base.use === 'from') {
    const stage = dockerfile.stages.find(({ from }) => from.startLine === base.line);
    return stage === undefined ? undefined : pinFrom(dockerfile, [{ stage: stage.index, image: name }]);
  }
  const index = dockerfile.instructions.findIndex(({ startLine }) => startLine === base.line);
  const instruction = dockerfile.instructions[index];
  const raw = instruction === undefined ? undefined : withFlag(instruction, dockerfile.escape, base, name);
  return raw === undefined ? undefined : replaceInstruction(dockerfile, index, raw);
}

/** The instruction with another image in its `--from=` or `--mount=…from=` flags; what follows the flags is not looked at. */
function withFlag(instruction: Instruction, escape: string, base: BaseImage, name: string): string | undefined {
  const { raw } = instruction;
  const gap = `(?:\\s|${quote(escape)}[ \\t]*\\r?\\n)+`;
  const flags = new RegExp(`^\\ufeff?\\s*\\S+(?:${gap}--\\S+)+`).exec(raw)?.[0];
  if (flags === undefined) return undefined;
  const before = base.use === 'copy-from' ? '--from=' : '[=,"\']from=';
  const mention = new RegExp(`(${before}["']?)${quote(base.text)}(?=$|[\\s,"'])`, 'g');
  return mention.test(flags)
    ? flags.replace(mention, (_, start: string) => start + name) + raw.slice(flags.length)
    : undefined;
}

function quote(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
