import type { ImageReference } from '../contracts/image-reference.js';
import { familiarImageReference } from '../reference/format-image-reference.js';
import { isImageReference, parseImageReference } from '../reference/parse-image-reference.js';
import { isDockError } from '../errors/dock-error.js';
import { isGitTransport } from '../source/git-url.js';

/** What a named context is: an image, nothing at all (`scratch`), an OCI layout or a directory of this machine, or an address that the builder fetches itself. */
export type NamedContext =
  | { readonly kind: 'image'; readonly reference: ImageReference }
  | { readonly kind: 'empty' }
  | {
      readonly kind: 'layout';
      readonly directory: string;
      /** `sha256:<hex>`; without one it is what the index has under the tag. */
      readonly digest?: string;
      readonly tag: string;
    }
  | { readonly kind: 'directory'; readonly directory: string }
  | { readonly kind: 'address'; readonly address: string };

const imagePrefix = 'docker-image://';
const layoutPrefix = 'oci-layout://';

/**
 * The name of a context in the form in which builders compare it with what a Dockerfile says: `docker.io/library/alpine:latest` is `alpine` (docker/buildx,
 * `ParseContextNames`).
 *
 * @returns `undefined` for what is no name
 */
export function contextName(text: string): string | undefined {
  if (!isImageReference(text)) return undefined;
  return familiarImageReference(parseImageReference(text)).replace(/:latest$/, '');
}

/** Whether the builder fetches it: by http or from git. */
function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) || /^github\.com\//.test(text) || isGitTransport(text);
}

/**
 * What the value of a named context says. In a spec every path is absolute.
 *
 * @returns what is wrong with it, for a value that is none
 */
export function readNamedContext(value: string): NamedContext | { readonly fault: string } {
  if (value.startsWith(imagePrefix)) return imageContext(value.slice(imagePrefix.length));
  if (value.startsWith(layoutPrefix)) return layoutContext(value.slice(layoutPrefix.length));
  if (value.startsWith('target:')) return { fault: 'is a target, and this build has none' };
  if (isAddress(value)) return { kind: 'address', address: value };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1];
  if (scheme !== undefined) return { fault: `has "${scheme}://", which is no kind of context` };
  return value === '' ? { fault: 'is empty' } : { kind: 'directory', directory: value };
}

function imageContext(text: string): NamedContext | { readonly fault: string } {
  if (text === 'scratch') return { kind: 'empty' };
  try {
    return { kind: 'image', reference: parseImageReference(text) };
  } catch (error) {
    if (isDockError(error)) return { fault: 'names no image' };
    throw error;
  }
}

/** `path[:tag][@digest]`, as buildx reads it. */
function layoutContext(text: string): NamedContext | { readonly fault: string } {
  const [before = '', digest] = text.split('@', 2);
  const [directory = '', tag = 'latest'] = before.split(':', 2);
  if (directory === '') return { fault: 'names no directory' };
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) return { fault: `has no digest after "@"` };
  return { kind: 'layout', directory, tag, ...(digest === undefined ? {} : { digest }) };
}

/**
 * The value of a named context with its path made absolute.
 *
 * @param resolve The absolute form of a relative path
 */
export function withContextPath(value: string, resolve: (path: string) => string): string {
  if (value.startsWith(layoutPrefix)) {
    const rest = value.slice(layoutPrefix.length);
    const end = rest.search(/[:@]/);
    const [path, more] = end === -1 ? [rest, ''] : [rest.slice(0, end), rest.slice(end)];
    return path === '' ? value : `${layoutPrefix}${resolve(path)}${more}`;
  }
  const isOther = value === '' || /^(?:[a-z][a-z0-9+.-]*:\/\/|target:)/i.test(value) || isAddress(value);
  return isOther ? value : resolve(value);
}

/** The same for each of several contexts. */
export function withContextPaths(
  contexts: Readonly<Record<string, string>>,
  resolve: (path: string) => string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(contexts).map(([name, value]) => [name, withContextPath(value, resolve)]));
}

/** The contexts of a spec, whose values its schema has checked. */
export function namedContexts(contexts: Readonly<Record<string, string>> = {}): ReadonlyMap<string, NamedContext> {
  return new Map(
    Object.entries(contexts).flatMap(([name, value]) => {
      const read = readNamedContext(value);
      return 'fault' in read ? [] : [[name, read]];
    }),
  );
}
