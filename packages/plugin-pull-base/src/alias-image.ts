import { formatImageReference, type ImageReference, type RunContext } from '@dock/core';
import { privateRegistry } from '@dock/core/internal';

/**
 * Give an image of the engine a name for this run only. With the containerd store BuildKit asks the registry of each base even when the
 * engine has it, and takes the registry's image where the two differ; under a name that no registry can serve it takes the engine's.
 */
export async function aliasImage(
  id: string,
  { engine, runId, onCleanup }: Pick<RunContext, 'engine' | 'runId' | 'onCleanup'>,
): Promise<ImageReference> {
  const repository = `dock-base/${runId.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
  const alias = { registry: privateRegistry, repository, tag: id.replace(/^sha256:/, '').slice(0, 32) };
  const name = formatImageReference(alias);
  onCleanup(`remove the name "${name}"`, (signal) => engine.removeImage(name, { signal, noPrune: true }), {
    kind: 'own-name',
    name,
  });
  await engine.tagImage(id, alias);
  return alias;
}
