import { createHash } from 'node:crypto';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { decodeDockerfile } from '@dock/core';
import { engineRequest, type SharedRigEngine } from '@dock/testing';
import { extract } from 'tar-stream';
import type { Shape } from './shape.js';

/** The parts of an image's configuration that a Dockerfile decides. */
const configKeys = [
  'Cmd',
  'Entrypoint',
  'Env',
  'ExposedPorts',
  'Healthcheck',
  'Labels',
  'OnBuild',
  'Shell',
  'StopSignal',
  'User',
  'Volumes',
  'WorkingDir',
] as const;

/** One thing of an image's file tree, without its times. */
export interface TreeEntry {
  readonly type: string;
  readonly mode: string;
  readonly owner: string;
  readonly target?: string;
  /** The text of small files, with what is not UTF-8 in it, else a hash. */
  readonly content?: string;
}

interface RawImage {
  readonly Id: string;
  readonly Architecture: string;
  readonly Os: string;
  readonly Author?: string;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly RootFS: { readonly Layers?: readonly string[] | null };
}

/** An image: its ID, and what is compared. */
export interface ImageState {
  readonly id: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Instruction and comment of each step, the last one first. */
  readonly history: readonly string[];
  /** How many. */
  readonly layers: number;
  readonly tree: ReadonlyMap<string, TreeEntry>;
}

/** What an image is; one that is `known` already is not read again. */
export async function imageState(engine: SharedRigEngine, name: string, known?: ImageState): Promise<ImageState> {
  const { id, ...told } = await imageConfig(engine, name);
  if (id === known?.id) return known;
  return { id, ...told, history: await imageHistory(engine, name), tree: await imageTree(engine, name) };
}

/** What a shape says of its image's files: text, `directory` or nothing, by path. */
export function promisedBy({
  holds,
  holdsDirectory = [],
  absent = [],
}: Shape): Readonly<Record<string, string | undefined>> {
  return {
    ...holds,
    ...Object.fromEntries(holdsDirectory.map((path) => [path, 'directory'])),
    ...Object.fromEntries(absent.map((path) => [path, undefined])),
  };
}

/** What is really there of {@link promisedBy}; `undefined` counts, so nothing is there that must not be. */
export function heldBy(shape: Shape, tree: ImageState['tree']): Readonly<Record<string, string | undefined>> {
  const what = (path: string): string | undefined => tree.get(path)?.content ?? tree.get(path)?.type;
  return Object.fromEntries(Object.keys(promisedBy(shape)).map((path) => [path, what(path)]));
}

/** The configuration of an image; what is empty is left out, as engines differ in how they say nothing. */
async function imageConfig(
  engine: SharedRigEngine,
  name: string,
): Promise<Pick<ImageState, 'id' | 'config' | 'layers'>> {
  const answer = await engineRequest(engine.socketPath, 'GET', `/images/${name}/json`);
  if (answer.status !== 200) throw new Error(`image ${name}: ${answer.text}`);
  const raw = answer.json() as RawImage;
  const config = Object.fromEntries(
    configKeys.map((key) => [key, raw.Config[key]]).filter(([, value]) => !isEmpty(value)),
  );
  const { Architecture, Author = '', Id: id, Os, RootFS } = raw;
  return { id, config: { ...config, Architecture, Author, Os }, layers: RootFS.Layers?.length ?? 0 };
}

/** What each step says of itself. The classic builder names what it copied by a hash of the archive's headers too: that is left out. */
async function imageHistory(engine: SharedRigEngine, name: string): Promise<string[]> {
  const answer = await engineRequest(engine.socketPath, 'GET', `/images/${name}/history`);
  if (answer.status !== 200) throw new Error(`history of ${name}: ${answer.text}`);
  const steps = answer.json() as readonly { readonly CreatedBy: string; readonly Comment: string }[] | null;
  return (steps ?? []).map(({ CreatedBy, Comment }) => `${CreatedBy.replaceAll(/\b[0-9a-f]{64}\b/g, '')} (${Comment})`);
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The file tree of an image, by path: a container is made of it, exported and removed. */
async function imageTree(engine: SharedRigEngine, image: string): Promise<Map<string, TreeEntry>> {
  const created = await engineRequest(engine.socketPath, 'POST', '/containers/create', {
    Image: image,
    Cmd: ['/none'],
    NetworkDisabled: true,
    HostConfig: { NetworkMode: 'none' },
  });
  if (created.status !== 201) throw new Error(`a container of ${image}: ${created.text}`);
  const { Id: id } = created.json() as { Id: string };
  try {
    return await readTree(await exportContainer(engine.socketPath, id));
  } finally {
    await engineRequest(engine.socketPath, 'DELETE', `/containers/${id}?force=1&v=1`);
  }
}

function exportContainer(socketPath: string, id: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: `/containers/${id}/export`, agent: false }, (response) => {
      if (response.statusCode === 200) resolve(response);
      else reject(new Error(`exporting ${id}: status ${String(response.statusCode)}`));
    })
      .once('error', reject)
      .end();
  });
}

async function readTree(tar: IncomingMessage): Promise<Map<string, TreeEntry>> {
  const tree = new Map<string, TreeEntry>();
  const reader = tar.pipe(extract());
  for await (const entry of reader) {
    const { name, type, mode, uid, gid, linkname } = entry.header;
    const hash = createHash('sha256');
    const parts: Buffer[] = [];
    let size = 0;
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      if (size <= 4096) parts.push(chunk);
    }
    tree.set(name.replace(/^\.?\/+|\/+$/g, ''), {
      type: type ?? 'file',
      mode: mode.toString(8),
      owner: `${uid}:${gid}`,
      ...(linkname === undefined || linkname === null || linkname === '' ? {} : { target: linkname }),
      ...(type === 'file'
        ? { content: size <= 4096 ? decodeDockerfile(Buffer.concat(parts)) : hash.digest('hex') }
        : {}),
    });
  }
  return tree;
}
