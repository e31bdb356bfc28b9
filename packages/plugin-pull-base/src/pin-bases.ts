import { type BuildSpec, type Dockerfile, parseDockerfile, pinFrom, replaceInstruction } from '@dock/core';
import type { ReadyBase } from './resolve-base.js';

/** The Dockerfile's text with each base named by what was resolved. The user's file stays as it is. */
export function pinBases(spec: BuildSpec, ready: readonly ReadyBase[]): string {
  const options = { path: spec.dockerfile.path, buildArgs: spec.buildArgs };
  const dockerfile = parseDockerfile(spec.dockerfile.text, options);
  const pins = ready.flatMap(({ base, pin }) => {
    const stage =
      base.use === 'from' && pin !== undefined
        ? dockerfile.stages.find(({ from }) => from.startLine === base.line)
        : undefined;
    return stage === undefined || pin === undefined ? [] : [{ stage: stage.index, image: pin }];
  });
  let text = pins.length === 0 ? spec.dockerfile.text : pinFrom(dockerfile, pins);
  for (const { base, pin } of ready) {
    if (pin !== undefined && (base.use === 'copy-from' || base.use === 'mount-from'))
      text = pinFlag(parseDockerfile(text, options), base.line, base.text, pin);
  }
  return text;
}

/** `--from=IMAGE` of COPY, or `from=IMAGE` of a mount, with another image. */
function pinFlag(dockerfile: Dockerfile, line: number, image: string, pin: string): string {
  const index = dockerfile.instructions.findIndex(({ startLine }) => startLine === line);
  const instruction = dockerfile.instructions[index];
  if (instruction === undefined) return dockerfile.text;
  const escaped = image.replaceAll(/[$()*+./?[\\\]^{|}-]/g, String.raw`\$&`);
  const raw = instruction.raw.replace(
    new RegExp(`(\\bfrom=["']?)${escaped}(?=["',\\s\\\\])`, 'g'),
    (_match, before: string) => before + pin,
  );
  return raw === instruction.raw ? dockerfile.text : replaceInstruction(dockerfile, index, raw);
}
