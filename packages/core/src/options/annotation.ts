import { canonicalPlatform } from './platform.js';

/** Where an annotation may be (docker/buildx, `--annotation`). */
const types: ReadonlySet<string> = new Set(['manifest', 'manifest-descriptor', 'index', 'index-descriptor']);

/** One place of an annotation. */
export interface Annotation {
  /** Absent: the manifest of every platform. */
  readonly type?: string;
  /** Of one platform only. */
  readonly platform?: string;
  readonly key: string;
  readonly value: string;
}

/**
 * An annotation as buildx takes it, `[TYPE[\[PLATFORM\]][,TYPE…]:]KEY=VALUE`, in all its places.
 *
 * @returns what is wrong with it, for a text that is none
 */
export function readAnnotation(text: string): readonly Annotation[] | { readonly fault: string } {
  const at = text.indexOf('=');
  if (at < 0) return { fault: 'is no "key=value"' };
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  const colon = name.indexOf(':');
  const key = name.slice(colon + 1);
  if (key === '') return { fault: 'has no key' };
  if (colon < 0) return [{ key, value }];
  const places: Annotation[] = [];
  for (const word of name.slice(0, colon).split(',')) {
    const [, type = '', written] = /^([a-z-]+)(?:\[([A-Za-z0-9_/-]+)\])?$/.exec(word) ?? [];
    if (!types.has(type)) return { fault: `has the type "${word}"; there are ${[...types].join(', ')}` };
    if (written === undefined) {
      places.push({ type, key, value });
      continue;
    }
    if (type.startsWith('index')) return { fault: `names a platform for "${type}", which is one for all` };
    const platform = canonicalPlatform(written);
    if (platform === undefined) return { fault: `has "${written}", which is not a platform` };
    places.push({ type, platform, key, value });
  }
  return places;
}

/** All places of the annotations of a spec; what is none was refused before. */
export function annotationsOf(texts: readonly string[] = []): readonly Annotation[] {
  return texts.flatMap((text) => {
    const read = readAnnotation(text);
    return 'fault' in read ? [] : read;
  });
}
