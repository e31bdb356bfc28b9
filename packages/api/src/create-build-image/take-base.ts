import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseImageReference, type SourceContext } from '@dock/core';

/** Where the base of a build image comes from. */
export type BaseOrigin =
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'directory'; readonly path: string };

/** How a base is taken. */
export interface BaseChoice {
  readonly origin: BaseOrigin;
  readonly pull: boolean;
  readonly noCache: boolean | undefined;
  readonly network: string | undefined;
}

/**
 * Have the base of a build image in the engine: pulled when it is not there, or built from a Dockerfile.
 *
 * @returns how a `FROM` names it
 * @throws INVALID_IMAGE_NAME, and what pulling or building it fails with
 */
export async function takeBase(choice: BaseChoice, context: SourceContext): Promise<string> {
  const { origin, pull } = choice;
  const { engine, signal } = context;
  if (origin.kind === 'directory') return buildBase(origin.path, choice, context);
  const reference = parseImageReference(origin.name);
  const isThere = (await engine.inspectImage(origin.name, { signal })) !== undefined;
  if (pull || !isThere) await engine.pullImage(reference, { signal, onEvent: (event) => context.emit(event) });
  return origin.name;
}

async function buildBase(directory: string, choice: BaseChoice, context: SourceContext): Promise<string> {
  const { engine, signal, runId } = context;
  const path = join(directory, 'Dockerfile');
  const image = await engine.build(
    {
      contextDir: directory,
      dockerfile: { path, text: await readFile(path, 'utf8') },
      buildArgs: {},
      labels: {},
      platforms: [],
      builder: 'auto',
      noCache: choice.noCache ?? false,
      pull: choice.pull,
      bases: [],
      references: [],
      ...(choice.network === undefined ? {} : { network: choice.network }),
    },
    { signal, onEvent: (event) => context.emit(event) },
  );
  // BuildKit takes no ID in a FROM; the name goes with the run.
  const name = `dock-build-image-base:${runId}`;
  await engine.tagImage(image.id, parseImageReference(name), { signal });
  context.onCleanup(`remove the name "${name}"`, (cleanup) =>
    engine.removeImage(name, { signal: cleanup, noPrune: true }),
  );
  return name;
}
