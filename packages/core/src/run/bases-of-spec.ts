import type { BaseImage, BuildSpec } from '../contracts/build-spec.js';
import type { Dockerfile } from '../dockerfile/dockerfile.js';
import { parseDockerfile } from '../dockerfile/parse-dockerfile.js';
import { resolveBasesOf } from '../dockerfile/resolve-bases.js';
import { isSameImage } from '../reference/change-image-reference.js';
import { privateRegistry } from '../reference/private-registry.js';

type Derivable = Pick<BuildSpec, 'dockerfile' | 'buildArgs' | 'builder' | 'target' | 'platforms' | 'contexts'>;

/**
 * The images that a build uses, read from the text that will be built, with what nobody could tell of them.
 *
 * @throws DOCKERFILE_INVALID, DOCKERFILE_SYNTAX
 */
export function basesOfText({ dockerfile, buildArgs, builder, target, platforms, contexts }: Derivable): {
  readonly bases: readonly BaseImage[];
  readonly warnings: readonly string[];
  readonly read: Dockerfile;
} {
  const classic = builder === 'classic' ? { builder } : {};
  const read = parseDockerfile(dockerfile.text, { path: dockerfile.path, buildArgs, ...classic });
  const { bases, warnings } = resolveBasesOf(
    read,
    {
      ...{ buildArgs, ...classic },
      ...(target === undefined ? {} : { target }),
      ...(contexts === undefined ? {} : { contexts }),
    },
    platforms,
  );
  return {
    bases: bases.flatMap(({ use, text, reference, line, isUsed }): BaseImage[] =>
      reference === undefined || !isUsed ? [] : [{ use, text, reference, line }],
    ),
    warnings,
    read,
  };
}

/**
 * A spec after a tap, with the bases of its own text: what a tap says of an image that the text names stays, under the line where it is now; what it says of one
 * that the text does not name falls away, and one that it left out is there.
 *
 * @param before The spec that the tap was given.
 * @throws DOCKERFILE_INVALID, DOCKERFILE_SYNTAX for a text that is none
 */
export function withOwnBases(after: BuildSpec, before: BuildSpec): BuildSpec {
  const { bases, read } = basesOfText(after);
  // In a language that nobody here knows, the text tells nothing.
  if (!read.frontend.isKnown) return after;
  const left = [...after.bases];
  const known = (found: BaseImage): BaseImage => {
    const same = left.filter((each) => isSame(each, found));
    const told = same.find(({ line }) => line === found.line) ?? same[0];
    if (told === undefined) return found;
    left.splice(left.indexOf(told), 1);
    return { ...told, line: found.line };
  };
  const own = bases.map(known);
  return { ...after, bases: [...own, ...triggered(left, own, before)] };
}

/** Whether what is told of a base is told of what the text names: the image itself, or the digest or the private name that it was pinned to. */
function isSame(told: BaseImage, { use, reference }: BaseImage): boolean {
  if (told.use !== use) return false;
  const { digest, id, takenFrom } = told;
  if (isSameImage(told.reference, reference)) return true;
  if (takenFrom !== undefined && isSameImage(takenFrom, reference)) return true;
  const homes = takenFrom === undefined ? [told.reference] : [told.reference, takenFrom];
  const isHome = homes.some((home) => home.registry === reference.registry && home.repository === reference.repository);
  if (reference.digest !== undefined) return reference.digest === digest && isHome;
  // The private name of an image that only the engine has.
  const { registry, tag = '' } = reference;
  return registry === privateRegistry && tag.length >= 32 && id?.startsWith(`sha256:${tag}`) === true;
}

/** What no text names, because a base triggers it: it stays as long as the images of the FROMs do. */
function triggered(left: readonly BaseImage[], own: readonly BaseImage[], before: BuildSpec): BaseImage[] {
  if (left.length === 0) return [];
  const froms = before.bases.filter(({ use }) => use === 'from');
  if (
    !froms.every((base) => own.some(({ use, reference }) => use === 'from' && isSameImage(reference, base.reference)))
  )
    return [];
  const named = basesOfText(before).bases;
  return left.filter((base) => !named.some((each) => isSame(base, each)));
}
