import { DockError, familiarRepositoryName, type ImageReference } from '@dock/core';
import { containerName } from '../containers/container-client.js';
import { readBody } from '../transport/engine-request.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';

/** What the image of a commit is like; everything else is as the container has it. */
export interface CommitRequest {
  /** The name that the image has from the beginning: one whose answer never comes is found by it. */
  readonly reference: ImageReference;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly comment: string;
}

/** Commits may copy a lot, ms. */
const commitMs = 10 * 60_000;

/** Make an image of a container. @throws DAEMON_PROTOCOL when the engine names no image */
export async function commitContainer(
  connection: EngineConnection,
  id: string,
  { reference, entrypoint, command, user, workingDir, labels, comment }: CommitRequest,
  scope: CallScope = {},
): Promise<string> {
  const what = `committing container "${id}"`;
  const body = JSON.stringify({
    Entrypoint: entrypoint,
    Cmd: command,
    User: user,
    WorkingDir: workingDir,
    Labels: labels,
  });
  const repo = familiarRepositoryName(reference);
  const query = new URLSearchParams({ container: containerName(id), repo, tag: reference.tag ?? 'latest', comment });
  const request = {
    method: 'POST',
    path: `/commit?${query.toString()}`,
    headers: { 'Content-Type': 'application/json' },
    body,
  };
  const { Id } = await connection.exchange(what, request, { timeoutMs: commitMs, ...scope }, async ({ stream }) => {
    const text = (await readBody(stream, 1024 * 1024)).toString('utf8');
    return JSON.parse(text) as { readonly Id?: unknown };
  });
  if (typeof Id === 'string' && /^sha256:[0-9a-f]{64}$/.test(Id)) return Id;
  throw new DockError('DAEMON_PROTOCOL', `The engine names no image after ${what}.`);
}

/** Paths that were added or changed in a container, without those that were removed. */
export async function changedPaths(
  connection: EngineConnection,
  id: string,
  scope: CallScope = {},
): Promise<readonly string[]> {
  const request = { method: 'GET', path: `/containers/${containerName(id)}/changes` };
  const what = `asking what changed in container "${id}"`;
  const changes = await connection.exchange(what, request, { timeoutMs: 60_000, ...scope }, async ({ stream }) => {
    const text = (await readBody(stream, 64 * 1024 * 1024)).toString('utf8');
    return JSON.parse(text) as readonly { readonly Path: string; readonly Kind: number }[] | null;
  });
  // Kind 2 is a removal.
  return (changes ?? []).filter(({ Kind }) => Kind !== 2).map(({ Path }) => Path);
}
