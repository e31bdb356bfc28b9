import { type CreateRequest, labelNames } from '@dock/engine';
import { eventDescriptor, places } from '../protocol.js';
import type { BuildImage } from './check-build-image.js';
import type { ContainerShape } from './build-container-profile.js';
import type { BuildContainerOptions } from './runner-options.js';

/** Processes of a build container, unless told otherwise. */
const defaultPidsLimit = 4096;

/** Role label of build containers. */
export const buildContainerRole = 'build-container';

/**
 * Standard output becomes the event stream under a descriptor of its own, and what programs take for their standard output is the container's standard
 * error: nothing that prints can get into the events.
 */
const command = `exec node ${places.entry} ${eventDescriptor}>&1 1>&2`;

/** A build container: no secret is in it, and everything of the job is on a volume that goes with it. */
export function buildContainerRequest(
  image: BuildImage,
  { container }: ContainerShape,
  options: BuildContainerOptions,
  runId: string,
): CreateRequest {
  const { network, dns, addHosts, memory, pidsLimit = defaultPidsLimit, keep } = options;
  return {
    pidsLimit,
    ...(network === undefined ? {} : { network }),
    ...(dns === undefined ? {} : { dns }),
    ...(addHosts === undefined ? {} : { addHosts }),
    ...(memory === undefined ? {} : { memory }),
    ...container,
    image: image.id,
    runId,
    role: buildContainerRole,
    // Its volumes get the same labels.
    ...(keep === true ? { labels: { [labelNames.keep]: '1' } } : {}),
    entrypoint: ['/bin/sh', '-c', command],
    user: '0:0',
    workingDir: '/',
    hasStdin: true,
    mounts: [{ kind: 'volume', target: places.root }, ...(container.mounts ?? [])],
  };
}
