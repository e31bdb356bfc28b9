import {
  type BuildSpec,
  type CheckoutContext,
  DockError,
  formatImageReference,
  parseImageReference,
  type TargetReference,
  withDefaultTag,
} from '@dock/core';
import { fillTemplate } from './fill-template.js';
import type { ReadTagOptions } from './options.js';
import type { Template } from './parse-template.js';
import { templateValues } from './template-values.js';

/**
 * The names that the templates make of this build: unique ones, fixed ones, floating ones.
 *
 * @throws CONFIG_INVALID for a template, INVALID_IMAGE_NAME for what it makes
 */
export async function resolveReferences(
  spec: BuildSpec,
  context: CheckoutContext,
  options: ReadTagOptions,
): Promise<TargetReference[]> {
  const templates = [...options.references, ...options.floating];
  const values = await templateValues(templates, spec, context, options.env);
  const namesOf = (template: Template): TargetReference[] => {
    const filled = fillTemplate(template, values, context.startedAt);
    return underRegistries(filled, options.registries).map((name) => parseTarget(name, template));
  };
  const fixed = options.references.flatMap(namesOf);
  const floating = options.floating.flatMap(namesOf).map((reference) => ({ ...reference, isFloating: true }));
  return [...fixed, ...floating];
}

/** Names in order, each once. A name that anybody calls floating is floating; otherwise the first mention stays. */
export function mergeReferences(references: readonly TargetReference[]): TargetReference[] {
  const merged = new Map<string, TargetReference>();
  for (const reference of references) {
    const name = formatImageReference(withDefaultTag(reference));
    const known = merged.get(name);
    if (known === undefined) merged.set(name, reference);
    else if (reference.isFloating === true) merged.set(name, { ...known, isFloating: true });
  }
  return [...merged.values()];
}

/** A name under each registry; a name that has a registry of its own stays as it is. */
function underRegistries(name: string, registries: readonly string[]): readonly string[] {
  const first = name.includes('/') ? (name.split('/')[0] ?? '') : '';
  const hasRegistry = /[.:]/.test(first) || first === 'localhost';
  if (registries.length === 0 || hasRegistry) return [name];
  return registries.map((registry) => `${registry.replace(/\/+$/, '')}/${name}`);
}

function parseTarget(name: string, template: Template): TargetReference {
  const reference = parseImageReference(name);
  if (reference.digest === undefined) return withDefaultTag(reference);
  throw new DockError(
    'INVALID_IMAGE_NAME',
    `The template "${template.text}" names a digest; a name for an image cannot.`,
    {
      hint: 'Leave out what follows the "@".',
    },
  );
}
