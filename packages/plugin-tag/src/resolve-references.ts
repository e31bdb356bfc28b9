import {
  type BuildSpec,
  type CheckoutContext,
  DockError,
  type ImageReference,
  parseImageReference,
  type TargetReference,
  unique,
  withDefaultTag,
} from '@dock/core';
import type { Settings } from './options.js';
import { fillTemplate } from './template.js';
import { templateValues } from './template-values.js';

/**
 * The spec with the references that the templates make: fixed ones first, floating ones last, each once.
 *
 * @throws CONFIG_INVALID for a placeholder, INVALID_IMAGE_NAME for what a template makes
 */
export async function resolveReferences(
  spec: BuildSpec,
  context: CheckoutContext,
  settings: Settings,
): Promise<BuildSpec> {
  const values = await templateValues(spec, context, settings.env);
  const fill = (template: string) => {
    const text = fillTemplate(template, values, context.startedAt);
    return underRegistries(text, settings.registries).map((name) => parseTarget(name, template));
  };
  const fixed: TargetReference[] = settings.references.flatMap(fill);
  const floating = settings.floating
    .flatMap(fill)
    .map((reference): TargetReference => ({ ...reference, isFloating: true }));
  return { ...spec, references: unique([...spec.references, ...fixed, ...floating]) };
}

/** A name under each registry; a name that has a registry of its own stays as it is. */
function underRegistries(name: string, registries: readonly string[]): readonly string[] {
  const first = name.split('/')[0] ?? '';
  const hasRegistry = name.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return registries.length === 0 || hasRegistry
    ? [name]
    : registries.map((registry) => `${registry.replace(/\/+$/, '')}/${name}`);
}

function parseTarget(name: string, template: string): ImageReference {
  const reference = parseImageReference(name);
  if (reference.digest !== undefined)
    throw new DockError('INVALID_IMAGE_NAME', `The template "${template}" names a digest; a name for an image cannot.`);
  return withDefaultTag(reference);
}
