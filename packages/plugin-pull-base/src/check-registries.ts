import { type BaseImage, DockError } from '@dock/core';

/**
 * Whether every base comes from a registry of the list.
 *
 * @throws REGISTRY_NOT_ALLOWED naming every base that does not
 */
export function checkRegistries(bases: readonly BaseImage[], allowed: readonly string[] | undefined): void {
  if (allowed === undefined) return;
  const foreign = bases.filter(
    ({ reference }) => !allowed.some((entry) => matches(`${reference.registry}/${reference.repository}`, entry)),
  );
  if (foreign.length === 0) return;
  const names = foreign.map(({ text, line }) => `"${text}" (line ${line})`).join(', ');
  throw new DockError('REGISTRY_NOT_ALLOWED', `These bases come from a registry that is not allowed: ${names}.`, {
    hint: `Allowed: ${allowed.join(', ')}.`,
    details: { bases: foreign.map(({ text }) => text) },
  });
}

function matches(name: string, entry: string): boolean {
  return name.startsWith(`${entry.replace(/\/+$/, '')}/`);
}
