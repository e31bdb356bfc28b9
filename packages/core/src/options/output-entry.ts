import { csvFields } from './csv-fields.js';

/** What one output makes: files, an archive of them, an image as an archive, or the image of the run. */
export type OutputType = 'local' | 'tar' | 'oci' | 'docker' | 'image' | 'registry';

/** One output of a build. */
export interface OutputEntry {
  readonly type: OutputType;
  /** Path of a directory or file, `-` for standard output; absent where the output is the image of the run. */
  readonly dest?: string;
  /** What the exporter is told beside: `compression`, `name`, … */
  readonly attrs: Readonly<Record<string, string>>;
}

const isBoolean = (value: string): boolean => /^(?:1|t|true|0|f|false)$/i.test(value);
const isAny = (value: string): boolean => value !== '';

/** What decides how an image is written. */
const imageForm: Readonly<Record<string, (value: string) => boolean>> = {
  compression: (value) => /^(?:uncompressed|gzip|estargz|zstd)$/.test(value),
  'compression-level': (value) => /^\d{1,2}$/.test(value),
  'force-compression': isBoolean,
  'oci-mediatypes': isBoolean,
  'rewrite-timestamp': isBoolean,
};

/** The attributes of each type, and what their values may be (docker/buildx, "--output"). */
const attributes: Readonly<Record<OutputType, Readonly<Record<string, (value: string) => boolean>>>> = {
  local: {},
  tar: {},
  oci: { name: isAny, ...imageForm },
  docker: { name: isAny, ...imageForm },
  image: { name: isAny, push: isBoolean, ...imageForm },
  registry: { name: isAny, push: isBoolean, ...imageForm },
};

const isType = (text: string): text is OutputType => Object.hasOwn(attributes, text);

/**
 * One value of `outputs`, as buildx takes `--output`: a directory, `-` for an archive on standard output, or `type=…,dest=…` with more attributes. `tar` and
 * `oci` go to standard output where they name no file; `docker` without one is the image in the engine.
 *
 * @returns what is wrong with it, for a value that is none
 */
export function readOutput(text: string): OutputEntry | { readonly fault: string } {
  const fields = csvFields(text);
  if (fields === undefined) return { fault: 'has a quote out of place' };
  if (fields.length === 1 && fields[0] === text && !text.startsWith('type=')) {
    if (text === '') return { fault: 'is empty' };
    return { type: text === '-' ? 'tar' : 'local', dest: text, attrs: {} };
  }
  const attrs: Record<string, string> = {};
  let [type, dest]: (string | undefined)[] = [];
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at < 0) return { fault: `has "${field}", which is no "key=value"` };
    const key = field.slice(0, at).trim().toLowerCase();
    const value = field.slice(at + 1);
    if (key === 'type') type = value;
    else if (key === 'dest') dest = value;
    else attrs[key] = value;
  }
  if (type === undefined || type === '') return { fault: 'has no "type"' };
  if (!isType(type)) return { fault: `has the type "${type}"; there are ${Object.keys(attributes).join(', ')}` };
  return checked(type, dest === '' ? undefined : dest, attrs);
}

function checked(
  type: OutputType,
  dest: string | undefined,
  attrs: Readonly<Record<string, string>>,
): OutputEntry | { readonly fault: string } {
  for (const [key, value] of Object.entries(attrs)) {
    const known = attributes[type];
    if (!Object.hasOwn(known, key)) {
      const names = Object.keys(known);
      const which = names.length === 0 ? 'it takes "dest" only' : `it takes ${names.join(', ')}`;
      return { fault: `has "${key}", which the type "${type}" does not know here: ${which}` };
    }
    if (known[key]?.(value) !== true) return { fault: `has "${key}=${value}", which is no value of it` };
  }
  if (type === 'image' || type === 'registry')
    return dest === undefined ? { type, attrs } : { fault: `has a "dest", which the type "${type}" does not take` };
  if (type === 'docker' && dest === undefined) return { type, attrs };
  if (type !== 'local') return { type, dest: dest ?? '-', attrs };
  if (dest === undefined) return { fault: 'has no "dest", a directory' };
  return dest === '-'
    ? { fault: 'has the "dest" "-": a directory cannot go to standard output' }
    : { type, dest, attrs };
}

/** An output as one text, in the form that has one spelling. */
export function outputText({ type, dest, attrs }: OutputEntry): string {
  const pairs = Object.entries(attrs).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [['type', type], ...(dest === undefined ? [] : [['dest', dest]]), ...pairs]
    .map(([key = '', value = '']) => quoted(`${key}=${value}`))
    .join(',');
}

function quoted(field: string): string {
  return /[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** As Go reads a boolean. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|t|true)$/i.test(value);
}
