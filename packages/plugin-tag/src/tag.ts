import { type DockPlugin, formatImageReference } from '@dock/core';
import { readTagOptions, type ReadTagOptions, type TagOptions } from './options.js';
import { mergeReferences, resolveReferences } from './resolve-references.js';

/**
 * Give the image names that are made from templates, before anything is built, so that preflight and gates know them.
 *
 * @throws CONFIG_INVALID for wrong options, and for a template that cannot work in any build
 */
export function tag(options: TagOptions): DockPlugin {
  const read = readTagOptions(options);
  const { name, optional } = read;
  return {
    name,
    optional,
    ...(usesOne(read, ['git.describe']) ? { requires: { gitHistory: true } } : {}),
    apply({ hooks }) {
      hooks.prebuild.tap(
        name,
        async (spec, context) => {
          const made = await resolveReferences(spec, context, read);
          if (context.checkout.git?.isDirty === true && usesOne(read, ofCommit))
            context.warn('The names tell the git commit, but the work tree differs from it.', {
              hint: 'Commit the changes, so that the name says what is in the image.',
            });
          context.report({
            references: made.map((reference) => ({
              name: formatImageReference(reference),
              isFloating: reference.isFloating === true,
            })),
          });
          return { ...spec, references: mergeReferences([...spec.references, ...made]) };
        },
        { stage: 'resolve' },
      );
    },
  };
}

/** Variables that say what is in the image. */
const ofCommit = ['git.commit', 'git.describe', 'git.short', 'git.tag'];

function usesOne({ references, floating }: ReadTagOptions, variables: readonly string[]): boolean {
  return [...references, ...floating].some(({ pieces }) =>
    pieces.some((piece) => 'variable' in piece && variables.includes(piece.variable)),
  );
}
