import type { BuildRequest } from '../contracts/build-request.js';
import type { BuildSpec } from '../contracts/build-spec.js';
import type { ImageDestination } from '../contracts/image-builder.js';
import type { DockPlugin } from '../contracts/plugin.js';
import { DockError } from '../errors/dock-error.js';
import { repositoryName } from '../reference/format-image-reference.js';
import type { ImageNeeds, RunScope } from './run-scope.js';

/** What the plugins of a run, and whoever asks for it, need of its image. */
export function imageNeedsOf(plugins: readonly DockPlugin[], { load }: Pick<BuildRequest, 'load'>): ImageNeeds {
  return new Set([
    ...plugins.flatMap(({ requires }) => requires?.image ?? []),
    ...(load === true ? (['engine'] as const) : []),
  ]);
}

/**
 * Before anything starts: what needs the image in a registry has a run that publishes.
 *
 * @throws CONFIG_INVALID
 */
export function refuseUnreachableImage(plugins: readonly DockPlugin[], isPublishing: boolean): void {
  const plugin = plugins.find(({ requires }) => requires?.image === 'registry');
  if (plugin === undefined || isPublishing) return;
  throw new DockError(
    'CONFIG_INVALID',
    `Plugin "${plugin.name}" needs the image in a registry, by digest, and this run publishes nothing.`,
    {
      plugin: plugin.name,
      hint: 'Publish (--push), or let the plugin have the image in an engine, as test({ gate: "load" }) does.',
    },
  );
}

/**
 * Where the image of a builder that is no engine's goes: into the engine where something needs it there, else to the registries that it is published to, by
 * digest.
 *
 * @throws USAGE when nobody says where
 */
export function imageDestination(scope: RunScope, builder: string, { references }: BuildSpec): ImageDestination {
  if (scope.imageNeeds.has('engine')) return { kind: 'engine' };
  if (!scope.isPublishing)
    throw new DockError('USAGE', `The builder "${builder}" keeps no images, and nobody says where this one goes.`, {
      hint: 'Publish it with --push, have it in the engine with --load, or write it with --output.',
    });
  const published = references.filter(({ isLocalOnly }) => isLocalOnly !== true);
  const repositories = new Map(
    published.map(({ registry, repository, ...rest }) => [
      repositoryName({ registry, repository, ...rest }),
      { registry, repository },
    ]),
  );
  return { kind: 'registry', repositories: [...repositories.values()] };
}
