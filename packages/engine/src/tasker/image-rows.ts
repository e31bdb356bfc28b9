import { type ImageReference, isDockError, parseImageReference } from '@dock/core';
import { tagsOf } from '../images/inspect-image.js';
import { type AnswerShape, listOf } from '../transport/answers.js';
import type { CallScope, EngineConnection } from '../transport/connection.js';

/** One row of `docker images`. */
export interface ImageRow {
  readonly Id: string;
  readonly ParentId?: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  /** Seconds since 1970. */
  readonly Created: number;
  /** Bytes. */
  readonly Size: number;
  readonly Labels: Readonly<Record<string, string>>;
}

const rowShape: AnswerShape = {
  ...{ 'Id!': 'text', ParentId: 'text', RepoTags: 'texts', RepoDigests: 'texts' },
  ...{ 'Created!': 'number', 'Size!': 'number', Labels: 'text map' },
};

/** Every image of the engine that has a name or is nobody's parent. */
export async function imageRows(connection: EngineConnection, scope: CallScope = {}): Promise<ImageRow[]> {
  const what = 'listing images';
  const rows = await connection.call(what, scope, async (docker) =>
    listOf<Omit<ImageRow, 'RepoTags' | 'RepoDigests' | 'Labels'> & Partial<ImageRow>>(
      what,
      await docker.listImages(),
      rowShape,
    ),
  );
  return rows.map((row) => ({
    ...row,
    RepoTags: tagsOf(row),
    RepoDigests: row.RepoDigests ?? [],
    Labels: row.Labels ?? {},
  }));
}

/** Whether a row carries the name; without a tag any tag will do. */
export function hasName({ RepoTags }: ImageRow, wanted: ImageReference): boolean {
  return RepoTags.some((text) => {
    const reference = readName(text);
    return (
      reference !== undefined &&
      reference.registry === wanted.registry &&
      reference.repository === wanted.repository &&
      (wanted.tag === undefined || reference.tag === wanted.tag)
    );
  });
}

function readName(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch (error) {
    // `<none>:<none>`, which engines list for images without a name.
    if (isDockError(error)) return undefined;
    throw error;
  }
}
