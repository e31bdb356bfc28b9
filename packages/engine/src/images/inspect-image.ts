import type { ImageDetails, ImageStore } from '@dock/core';
import { type AnswerShape, documentOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';
import { engineStatus } from '../transport/engine-error.js';
import { engineImageName } from './image-name.js';

/** The engine's own document of an image; engines leave many fields out. */
export interface RawImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Created?: string;
  readonly Architecture?: string;
  readonly Variant?: string;
  readonly Os?: string;
  readonly Size?: number;
  readonly RootFS?: { readonly Layers?: readonly string[] | null };
  readonly Config?: {
    readonly Labels?: Readonly<Record<string, string>> | null;
    readonly Env?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
    readonly User?: string;
    readonly WorkingDir?: string;
    readonly OnBuild?: readonly string[] | null;
  } | null;
}

const imageShape: AnswerShape = {
  ...{ 'Id!': 'text', RepoTags: 'texts', RepoDigests: 'texts', Created: 'text', Size: 'number' },
  ...{ Architecture: 'text', Variant: 'text', Os: 'text' },
  RootFS: { Layers: 'texts' },
  Config: {
    ...{ Labels: 'text map', Env: 'texts', Entrypoint: 'texts', Cmd: 'texts', OnBuild: 'texts' },
    ...{ ExposedPorts: {}, User: 'text', WorkingDir: 'text' },
  },
};

/** `os/arch[/variant]` of an image. */
export function platformOf({ Os, Architecture, Variant }: RawImage): string {
  return [Os || 'linux', Architecture || 'unknown', Variant ?? ''].filter((part) => part !== '').join('/');
}

/** The engine's document; `undefined` when there is no such image. */
export async function inspectRaw(
  connection: EngineConnection,
  nameOrId: string,
  scope: CallScope = {},
): Promise<RawImage | undefined> {
  const name = engineImageName(nameOrId);
  try {
    const what = `inspecting image "${nameOrId}"`;
    return await connection.call(what, scope, async (docker) =>
      documentOf<RawImage>(what, await docker.getImage(name).inspect(), imageShape),
    );
  } catch (error) {
    if (engineStatus(error) === 404) return undefined;
    throw error;
  }
}

/** The tags of an image. Engine 28 lists among them what was pulled by digest, and older ones a name that is none. */
export function tagsOf({ RepoTags }: Pick<RawImage, 'RepoTags'>): string[] {
  return (RepoTags ?? []).filter((tag) => !tag.includes('<none>') && !tag.includes('@'));
}

/** An image's document in our words. */
export function imageDetails(raw: RawImage, store: ImageStore): ImageDetails {
  const config = raw.Config ?? {};
  return {
    id: raw.Id,
    tags: tagsOf(raw),
    digests: (raw.RepoDigests ?? []).filter((digest) => !digest.includes('<none>')),
    ...(store === 'classic' ? { configDigest: raw.Id } : {}),
    platform: platformOf(raw),
    ...(raw.Created === undefined || raw.Created.startsWith('0001-') ? {} : { created: raw.Created }),
    size: raw.Size ?? 0,
    layers: raw.RootFS?.Layers ?? [],
    labels: config.Labels ?? {},
    env: config.Env ?? [],
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    exposedPorts: Object.keys(config.ExposedPorts ?? {}),
    user: config.User ?? '',
    workingDir: config.WorkingDir ?? '',
    onBuild: config.OnBuild ?? [],
  };
}
