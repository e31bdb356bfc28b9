import { type BaseImage, type BuildSpec, parseDockerfile, resolveBasesOf } from '@dock/core';
import { buildSpec } from '@dock/testing';

/** The spec of a Dockerfile, with its bases as core resolves them. */
export function specOf(text: string, overrides: Partial<BuildSpec> = {}): BuildSpec {
  const buildArgs = overrides.buildArgs ?? {};
  const { bases } = resolveBasesOf(parseDockerfile(text, { buildArgs }), { buildArgs }, overrides.platforms ?? []);
  return buildSpec({
    dockerfile: { path: '/source/Dockerfile', text },
    bases: bases.flatMap(({ use, text: name, reference, line, isUsed }): BaseImage[] =>
      reference === undefined || !isUsed ? [] : [{ use, text: name, reference, line }],
    ),
    ...overrides,
  });
}
