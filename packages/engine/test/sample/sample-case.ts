import type { Shape } from '../shapes/shape.js';

/** A case of the sample: a shape without a directory of its own. */
export interface SampleCase extends Shape {
  /** What docker and dock both say where they refuse, by builder. @default both build */
  readonly refused?: Readonly<Partial<Record<'buildkit' | 'classic', RegExp>>>;
}

/** A case with its Dockerfile, and with files of its context by path. */
export function sampleCase(
  name: string,
  dockerfile: readonly string[],
  {
    files = {},
    context = [],
    ...rest
  }: Partial<SampleCase> & { readonly files?: Readonly<Record<string, string>> } = {},
): SampleCase {
  const texts = Object.entries({ Dockerfile: `${dockerfile.join('\n')}\n`, ...files });
  return {
    name,
    about: name,
    context: [...texts.map(([path, content]) => ({ path, content })), ...context],
    ...rest,
  };
}
