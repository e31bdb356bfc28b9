import type { CallScope, EngineConnection } from '../transport/connection.js';
import { DockError } from '@dock/core';
import { readBody } from '../transport/engine-request.js';
import { engineStatus } from '../transport/engine-error.js';
import { removeContainer } from '../containers/container-client.js';
import { isKept, labelNames } from '../containers/identity-labels.js';

/** A named volume to create. */
export interface VolumeRequest {
  readonly name: string;
  readonly runId?: string;
  readonly role: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface RawVolume {
  readonly Name: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

const answerLimit = 16 * 1024 * 1024;

function volumePath(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(name)) return `/volumes/${name}`;
  throw new DockError('INVALID_OPTION', `${JSON.stringify(name)} is not a volume name.`);
}

async function json<T>(
  connection: EngineConnection,
  what: string,
  request: { readonly method: string; readonly path: string; readonly body?: string },
  scope: CallScope,
): Promise<T> {
  const headers = request.body === undefined ? {} : { headers: { 'Content-Type': 'application/json' } };
  return connection.exchange(what, { ...request, ...headers }, { timeoutMs: 60_000, ...scope }, async ({ stream }) => {
    const text = (await readBody(stream, answerLimit)).toString('utf8');
    return (text === '' ? undefined : JSON.parse(text)) as T;
  });
}

/** Create a named volume with dock's labels; one that is there already stays as it is. */
export async function createVolume(
  connection: EngineConnection,
  identity: Readonly<Record<string, string>>,
  { name, runId, role, labels = {} }: VolumeRequest,
  scope: CallScope = {},
): Promise<void> {
  volumePath(name);
  const own = { [labelNames.role]: role, ...(runId === undefined ? {} : { [labelNames.run]: runId }) };
  const body = JSON.stringify({ Name: name, Labels: { ...identity, ...own, ...labels } });
  await json(connection, `creating volume "${name}"`, { method: 'POST', path: '/volumes/create', body }, scope);
}

/** A volume's labels; `undefined` when there is none. */
export async function inspectVolume(
  connection: EngineConnection,
  name: string,
  scope: CallScope = {},
): Promise<Readonly<Record<string, string>> | undefined> {
  const request = { method: 'GET', path: volumePath(name) };
  try {
    const { Labels } = await json<RawVolume>(connection, `inspecting volume "${name}"`, request, scope);
    return Labels ?? {};
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Remove a volume; one that is not there is fine. */
export async function removeVolume(connection: EngineConnection, name: string, scope: CallScope = {}): Promise<void> {
  try {
    await json(connection, `removing volume "${name}"`, { method: 'DELETE', path: volumePath(name) }, scope);
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
  }
}

/** Remove the containers of a run, then its volumes, but not those that are to be kept: what a pipeline left that did not come to its own cleanup. */
export async function removeOfRun(connection: EngineConnection, runId: string, scope: CallScope = {}): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${labelNames.run}=${runId}`] }));
  type Labelled = Pick<RawVolume, 'Labels'>;
  const isLeft = ({ Labels }: Labelled): boolean => !isKept(Labels);
  const all = await json<readonly (Labelled & { readonly Id: string })[]>(
    connection,
    `listing the containers of run "${runId}"`,
    { method: 'GET', path: `/containers/json?all=1&filters=${filters}` },
    scope,
  );
  const containers = all.filter(isLeft);
  for (const { Id } of containers) await removeContainer(connection, Id, scope);
  const { Volumes } = await json<{ readonly Volumes?: readonly RawVolume[] | null }>(
    connection,
    `listing the volumes of run "${runId}"`,
    { method: 'GET', path: `/volumes?filters=${filters}` },
    scope,
  );
  const volumes = (Volumes ?? []).filter(isLeft);
  for (const { Name } of volumes) await removeVolume(connection, Name, scope);
  return containers.length + volumes.length;
}

/** A container that uses a volume. */
export interface VolumeUser {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Containers that use a volume and are running, or have not run yet; the oldest first, those of one second by their ID. */
export async function usersOfVolume(
  connection: EngineConnection,
  name: string,
  scope: CallScope = {},
): Promise<readonly VolumeUser[]> {
  const status = ['created', 'running', 'paused', 'restarting'];
  const filters = encodeURIComponent(JSON.stringify({ volume: [name], status }));
  const containers = await json<
    readonly {
      readonly Id: string;
      readonly Created: number;
      readonly Labels?: Readonly<Record<string, string>>;
      readonly Mounts?: readonly { readonly Name?: string }[];
    }[]
  >(
    connection,
    `listing the users of volume "${name}"`,
    { method: 'GET', path: `/containers/json?all=1&filters=${filters}` },
    scope,
  );
  return containers
    .filter(({ Mounts = [] }) => Mounts.some((mount) => mount.Name === name))
    .toSorted((a, b) => a.Created - b.Created || a.Id.localeCompare(b.Id))
    .map(({ Id, Labels }) => ({ id: Id, labels: Labels ?? {} }));
}
