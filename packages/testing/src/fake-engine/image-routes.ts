import { createHash } from 'node:crypto';
import { addBuildkitRoutes } from './buildkit-routes.js';
import { errorResponse, jsonResponse, streamResponse } from './fake-response.js';
import type { FakeEngine } from './fake-engine-types.js';

/** `sha256:<hex>` of a text: stable IDs and digests for the fake's images. */
export function fakeDigest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** Images by ID, and the names that point at them. */
class FakeImages {
  readonly names = new Map<string, string>();
  readonly ids = new Set<string>();

  add(id: string, name?: string): void {
    this.ids.add(id);
    if (name !== undefined && name !== '') this.names.set(withTag(name), id);
  }

  find(nameOrId: string): string | undefined {
    const short = [...this.ids].find(
      (id) => id === nameOrId || (/^[0-9a-f]{12,64}$/.test(nameOrId) && id.startsWith(`sha256:${nameOrId}`)),
    );
    return short ?? this.names.get(withTag(nameOrId));
  }

  namesOf(id: string): string[] {
    return [...this.names].filter(([, target]) => target === id).map(([name]) => name);
  }

  /** Remove a name; by ID or with the last name the image too. */
  remove(nameOrId: string): boolean {
    const id = this.find(nameOrId);
    if (id === undefined) return false;
    for (const name of this.ids.has(nameOrId) ? this.namesOf(id) : [withTag(nameOrId)]) this.names.delete(name);
    if (this.namesOf(id).length === 0) this.ids.delete(id);
    return true;
  }
}

function withTag(name: string): string {
  return name.includes('@') || /:[^/]*$/.test(name) ? name : `${name}:latest`;
}

/** What the fake does with images: build, pull, tag and push succeed, inspect knows what they made and `busybox:1`. */
export function addImageRoutes(on: FakeEngine['on']): void {
  const images = new FakeImages();
  images.add(fakeDigest('busybox:1'), 'busybox:1');
  let builds = 0;

  on('GET', '/images/json', () =>
    jsonResponse([...images.ids].map((id) => ({ Id: id, RepoTags: images.namesOf(id), Labels: {} }))),
  );
  on('GET', '/images/{name}/json', ({ captures: [name = ''] }) => {
    const id = images.find(name);
    return id === undefined
      ? errorResponse(404, `No such image: ${name}`)
      : jsonResponse(imageDocument(id, images.namesOf(id)));
  });
  on('GET', '/images/{name}/history', ({ captures: [name = ''] }) => {
    const id = images.find(name);
    if (id === undefined) return errorResponse(404, `No such image: ${name}`);
    return jsonResponse([
      { Id: id, Created: 0, CreatedBy: '/bin/sh -c #(nop) CMD ["sh"]', Size: 0, Comment: '', Tags: images.namesOf(id) },
    ]);
  });
  on('POST', '/images/{name}/tag', ({ captures: [name = ''], query }) => {
    const id = images.find(name);
    if (id === undefined) return errorResponse(404, `No such image: ${name}`);
    images.add(id, `${query.get('repo') ?? ''}:${query.get('tag') ?? 'latest'}`);
    return { status: 201, framing: 'length' };
  });
  on('DELETE', '/images/{name}', ({ captures: [name = ''] }) =>
    images.remove(name) ? jsonResponse([{ Untagged: name }]) : errorResponse(404, `No such image: ${name}`),
  );
  on('POST', '/images/create', ({ query }) => {
    const tag = query.get('tag') ?? 'latest';
    const name = `${query.get('fromImage') ?? ''}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`;
    images.add(fakeDigest(name), name);
    return streamResponse([
      { status: `Pulling from ${query.get('fromImage') ?? ''}`, id: tag },
      { status: 'Digest: ' + fakeDigest(`manifest of ${name}`) },
      { status: `Status: Downloaded newer image for ${name}` },
    ]);
  });
  on('POST', '/images/{name}/push', ({ captures: [name = ''], query }) => {
    const tag = query.get('tag') ?? 'latest';
    if (images.find(`${name}:${tag}`) === undefined)
      return errorResponse(404, `An image does not exist locally with the tag: ${name}`);
    const digest = fakeDigest(`manifest of ${name}:${tag}`);
    return streamResponse([
      { status: `The push refers to repository [${name}]` },
      { status: 'Pushed', progressDetail: {}, id: '0123456789ab' },
      { status: `${tag}: digest: ${digest} size: 528` },
      { progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: 528 } },
    ]);
  });
  on('GET', '/distribution/{name}/json', ({ captures: [name = ''] }) =>
    jsonResponse({
      Descriptor: {
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        digest: fakeDigest(`manifest of ${withTag(name)}`),
        size: 528,
      },
      Platforms: [{ architecture: 'amd64', os: 'linux' }],
    }),
  );
  const build = (name?: string): string => {
    builds += 1;
    const id = fakeDigest(`build ${builds}`);
    images.add(id, name);
    return id;
  };
  addBuildkitRoutes(on, build);
  on('POST', '/build', ({ query }) => {
    const id = build(query.get('t') ?? undefined);
    return streamResponse([
      { stream: 'Step 1/1 : FROM busybox:1' },
      { stream: '\n' },
      { stream: ` ---> ${id.slice(7, 19)}\n` },
      { aux: { ID: id } },
      { stream: `Successfully built ${id.slice(7, 19)}\n` },
    ]);
  });
  on('POST', '/build/cancel', { status: 204, framing: 'length' });
}

function imageDocument(id: string, names: readonly string[]): unknown {
  return {
    Id: id,
    RepoTags: names,
    RepoDigests: [],
    Created: '2024-01-01T00:00:00Z',
    Architecture: 'amd64',
    Os: 'linux',
    Size: 1_000_000,
    RootFS: { Type: 'layers', Layers: [fakeDigest(`layer of ${id}`)] },
    Config: { Env: ['PATH=/usr/bin:/bin'], Cmd: ['sh'], Labels: {} },
  };
}
