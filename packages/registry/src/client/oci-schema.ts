/** One broken rule of the OCI image specification. */
export interface SchemaViolation {
  /** `layers[0].digest`; empty for the document. */
  readonly path: string;
  readonly rule: string;
}

type JsonObject = Readonly<Record<string, unknown>>;
type Check = (value: unknown, path: string) => SchemaViolation[];

const mediaTypePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const digestPattern = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;
const base64Pattern = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const dateTimePattern = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const hexLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);
const maxSize = 2 ** 63;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const rule =
  (isValid: (value: unknown) => boolean, text: string): Check =>
  (value, path) =>
    isValid(value) ? [] : [{ path, rule: text }];

const text = rule((value) => typeof value === 'string', 'must be a string');
const flag = rule((value) => typeof value === 'boolean', 'must be true or false');
const mapping = rule(isObject, 'must be an object');
const dateTime = rule((value) => typeof value === 'string' && dateTimePattern.test(value), 'must be an RFC 3339 time');
const mediaType = rule((value) => typeof value === 'string' && mediaTypePattern.test(value), 'must be a media type');
const version = rule((value) => value === 2, 'must be 2');
const base64 = rule((value) => typeof value === 'string' && base64Pattern.test(value), 'must be base64');
const uri = rule(
  (value) => typeof value === 'string' && /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\\]*$/.test(value),
  'must be an absolute URI',
);
const size = rule(
  (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxSize,
  'must be a whole number of bytes',
);
const variable = rule((value) => typeof value === 'string' && /^[^=]+=/.test(value), 'must be NAME=value');

/** Whether a string is a digest; the hex of a registered algorithm is lower case and of its length. */
export function isDigest(value: unknown): value is string {
  if (typeof value !== 'string' || !digestPattern.test(value)) return false;
  const [algorithm = '', encoded = ''] = value.split(':');
  const length = hexLengths.get(algorithm);
  return length === undefined || (encoded.length === length && /^[a-f0-9]+$/.test(encoded));
}
const digest = rule(isDigest, 'must be a digest');

const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? [] : check(value, path);

const list =
  (check: Check, isEmptyAllowed = true): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return [{ path, rule: 'must be an array' }];
    if (value.length === 0 && !isEmptyAllowed) return [{ path, rule: 'must not be empty' }];
    return value.flatMap((entry: unknown, index) => check(entry, `${path}[${index}]`));
  };

const mapOf =
  (check: Check): Check =>
  (value, path) =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, entry]) => check(entry, `${path}["${key}"]`))
      : [{ path, rule: 'must be an object' }];

const object =
  (required: readonly string[], checks: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (!isObject(value)) return [{ path, rule: 'must be an object' }];
    const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
    const missing = required.filter((key) => !Object.hasOwn(value, key));
    return [
      ...missing.map((key) => ({ path: at(key), rule: 'is missing' })),
      ...Object.entries(checks).flatMap(([key, check]) =>
        Object.hasOwn(value, key) ? check(value[key], at(key)) : [],
      ),
    ];
  };

const annotations = mapOf(text);
const platform = object(['architecture', 'os'], {
  architecture: text,
  os: text,
  'os.version': text,
  'os.features': list(text),
  variant: text,
  features: list(text),
});
const descriptorFields = {
  mediaType,
  size,
  digest,
  urls: list(uri),
  data: base64,
  artifactType: mediaType,
  annotations,
};
const descriptor = object(['mediaType', 'size', 'digest'], descriptorFields);
const manifest = object(['schemaVersion', 'config', 'layers'], {
  schemaVersion: version,
  mediaType,
  artifactType: mediaType,
  config: descriptor,
  subject: descriptor,
  layers: list(descriptor, false),
  annotations,
});
const index = object(['schemaVersion', 'manifests'], {
  schemaVersion: version,
  mediaType,
  artifactType: mediaType,
  subject: descriptor,
  manifests: list(object(['mediaType', 'size', 'digest'], { ...descriptorFields, platform })),
  annotations,
});
const imageConfig = object(['architecture', 'os', 'rootfs'], {
  created: dateTime,
  author: text,
  architecture: text,
  variant: text,
  os: text,
  'os.version': text,
  'os.features': list(text),
  config: object([], {
    User: text,
    ExposedPorts: mapOf(mapping),
    Env: list(variable),
    Entrypoint: orNull(list(text)),
    Cmd: orNull(list(text)),
    Volumes: orNull(mapOf(mapping)),
    WorkingDir: text,
    Labels: orNull(mapOf(text)),
    StopSignal: text,
    ArgsEscaped: flag,
  }),
  rootfs: object(['diff_ids', 'type'], {
    diff_ids: list(text),
    type: rule((value) => value === 'layers', 'must be "layers"'),
  }),
  history: list(object([], { created: dateTime, author: text, created_by: text, comment: text, empty_layer: flag })),
});

const schemas = { descriptor, manifest, index, imageConfig } as const;

/** The documents of the OCI image specification that dock reads. */
export type OciDocument = keyof typeof schemas;

/**
 * What is wrong with a parsed document by the schemas of the OCI image specification (image-spec, `schema/*.json`; descriptors also
 * by go-digest: registered algorithms have lower-case hex of their length). Docker's schema 2 documents have the same form.
 */
export function ociViolations(kind: OciDocument, value: unknown): SchemaViolation[] {
  return schemas[kind](value, '');
}
