import { identityOfLabels, isKept, labelNames } from '../containers/identity-labels.js';
import { inspectRaw } from '../images/inspect-image.js';
import { type AnswerShape, documentOf, listOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { clockSkew } from '../transport/engine-clock.js';
import type { LabelledObject } from './labelled-object.js';

type Labels = Readonly<Record<string, string>> | null | undefined;

interface RawObject {
  readonly Id?: string;
  readonly Name?: string;
  readonly Labels?: Labels;
  /** Containers: seconds since 1970; networks: ISO 8601. */
  readonly Created?: number | string;
  readonly CreatedAt?: string;
  readonly ImageID?: string;
}

const objectShape: AnswerShape = { Id: 'text', Name: 'text', Labels: 'text map', CreatedAt: 'text', ImageID: 'text' };

/** Everything in an engine that carries dock's label, or that of one run: containers, then volumes, then networks. */
export async function listLabelled(
  connection: EngineConnection,
  run: string | undefined,
  scope: CallScope,
): Promise<LabelledObject[]> {
  const filters = JSON.stringify({ label: [run === undefined ? labelNames.run : `${labelNames.run}=${run}`] });
  const what = 'listing what carries the label of dock';
  const answers = await connection.call(what, scope, (docker) =>
    Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listVolumes({ filters }),
      docker.listNetworks({ filters }),
    ]),
  );
  const containers = listOf<RawObject>(what, answers[0], objectShape);
  const { Volumes } = documentOf<{ readonly Volumes?: unknown }>(what, answers[1]);
  const volumes = listOf<RawObject>(what, Volumes, objectShape);
  const networks = listOf<RawObject>(what, answers[2], objectShape);
  const own: RawObject[] = [];
  for (const container of containers) if (!(await isInherited(connection, container, scope))) own.push(container);
  const found = [
    ...own.map((raw) => ['container', raw.Id, raw] as const),
    ...volumes.map((raw) => ['volume', raw.Name, raw] as const),
    ...networks.map((raw) => ['network', raw.Id, raw] as const),
  ];
  const ahead = found.length === 0 ? 0 : await clockSkew(connection, scope);
  return found.flatMap(([kind, id, raw]) => labelled(kind, id, raw, ahead));
}

function labelled(
  kind: LabelledObject['kind'],
  id: string | undefined,
  raw: RawObject,
  ahead: number,
): LabelledObject[] {
  const labels = raw.Labels ?? {};
  const { [labelNames.run]: run, [labelNames.role]: role } = labels;
  if (id === undefined || run === undefined || run === '') return [];
  const identity = identityOfLabels(labels);
  const created = typeof raw.Created === 'number' ? raw.Created * 1000 : Date.parse(raw.CreatedAt ?? raw.Created ?? '');
  return [
    {
      kind,
      id,
      run,
      ...(role === undefined ? {} : { role }),
      ...(identity === undefined ? {} : { identity }),
      ...(isKept(labels) ? { isKept: true } : {}),
      ...(Number.isNaN(created) ? {} : { createdAt: new Date(created - ahead).toISOString() }),
    },
  ];
}

/** Somebody's own container of an image that was committed from one of ours has its labels from the image: it is none of ours. */
async function isInherited(
  connection: EngineConnection,
  { Labels, ImageID }: RawObject,
  scope: CallScope,
): Promise<boolean> {
  if (ImageID === undefined || ImageID === '') return false;
  // The image may be gone; its container then is ours for all that can be told.
  const image = await inspectRaw(connection, ImageID, scope);
  return image !== undefined && image.Config?.Labels?.[labelNames.run] === Labels?.[labelNames.run];
}
