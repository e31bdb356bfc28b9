import { type BuildRequest, DockError, parseImageReference, registryHostOf } from '@dock/core';
import type { ImageReference } from '@dock/core';
import type { ElsewhereRun } from '@dock/core/elsewhere';
import { labelNames } from '@dock/engine';
import { places } from '../protocol.js';
import type { HostEngine } from './build-container-profile.js';
import type { BuildImage } from './check-build-image.js';
import { orCancelled } from '@dock/core/internal';
import { createSecretSearch, maskerOf } from './secret-search.js';

/** A finished build container that is to be published. */
export interface BuildrootRequest {
  readonly host: HostEngine;
  readonly id: string;
  readonly image: BuildImage;
  readonly reference: ImageReference;
  /** Everything secret that went into the container, or that its run learned. */
  readonly secrets: readonly string[];
  readonly run: ElsewhereRun;
}

/**
 * The name of the buildroot image, as with the predecessor: `<registry>/buildroot-<image>:<UTC time>`.
 *
 * @throws USAGE for a build without a name, INVALID_IMAGE_NAME
 */
export function buildrootReference(registry: string, { tags }: BuildRequest, now: Date): ImageReference {
  const [tag] = tags ?? [];
  if (tag === undefined) {
    throw new DockError(
      'USAGE',
      `The build container cannot be pushed to "${registry}": the image has no name to call it after.`,
      {
        hint: 'Name the image with --tag.',
      },
    );
  }
  const name = parseImageReference(tag).repository.replace(/^library\//, '');
  const time = now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '-');
  const host = registry.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const reference = parseImageReference(`${host}/buildroot-${name}:${time}`);
  if (registryHostOf(reference) === host.split('/')[0]) return reference;
  throw new DockError(
    'INVALID_IMAGE_NAME',
    `"${registry}" is not a registry: a host has a dot, a port, or is "localhost".`,
  );
}

/**
 * Publish a finished build container as an image. Secrets never were in its layer; it is searched for them all the same, in every form that masking knows,
 * before anything is published. Afterwards the engine has no name and no image more than before.
 *
 * @throws BUILDROOT_HAS_SECRET, DIGEST_MISMATCH, and what commit and push fail with
 */
export async function pushBuildroot(
  request: BuildrootRequest,
): Promise<{ readonly name: string; readonly digest: string }> {
  const { host, id, image, reference, run } = request;
  const { port, containers } = host;
  const { signal } = run;
  await searchForSecrets(request);
  const name = `${reference.registry}/${reference.repository}:${reference.tag ?? ''}`;
  const own = new AbortController();
  let committing: Promise<unknown> = Promise.resolve();
  run.onCleanup(
    `remove the image "${name}"`,
    async (cleanupSignal) => {
      cleanupSignal.addEventListener('abort', () => own.abort(cleanupSignal.reason), { once: true });
      // An engine that was told to commit does so even when nobody listens any more. When its answer does not come in time, the note stays.
      await committing.catch(() => undefined);
      await port.removeImage(name, { signal: cleanupSignal });
    },
    // The image can carry no label that says whose it is.
    { kind: 'own-name', name },
  );
  committing = containers.commit(
    id,
    {
      reference,
      entrypoint: image.entrypoint,
      command: image.command.length === 0 && image.entrypoint.length === 0 ? ['sh'] : image.command,
      user: image.user,
      workingDir: image.workingDir,
      // A commit takes the container's labels, and can change but not drop them: emptied, they claim nothing.
      labels: { ...Object.fromEntries(Object.values(labelNames).map((label) => [label, ''])), ...image.labels },
      comment: 'build container of dock',
    },
    { signal: own.signal },
  );
  await orCancelled(committing, signal);
  run.log('info', `Pushing the build container as "${name}"`, 'build-container');
  const { digest } = await port.pushImage(reference, { signal });
  const held = await port.findManifest(reference, { signal });
  if (held?.digest !== digest) {
    throw new DockError(
      'DIGEST_MISMATCH',
      `"${name}" was pushed as "${digest}", and the registry has ${held === undefined ? 'nothing' : `"${held.digest}"`} under that name.`,
    );
  }
  run.log('info', `Pushed the build container as "${name}@${digest}"`, 'build-container');
  return { name, digest };
}

async function searchForSecrets({ host, id, secrets, run }: BuildrootRequest): Promise<void> {
  const { signal } = run;
  const masker = maskerOf(secrets);
  const changed = await host.containers.changes(id, { signal });
  for (const path of changed.filter((each) => each !== places.root && !each.startsWith(`${places.root}/`))) {
    const search = createSecretSearch(masker);
    await host.containers.readFile(id, path, { signal, onPiece: (piece) => search.push(piece) });
    if (!search.end() && masker.maskText(path) === path) continue;
    throw new DockError(
      'BUILDROOT_HAS_SECRET',
      `The file "${masker.maskText(path)}" of the build container holds a secret.`,
    );
  }
}
