import * as z from '../schema.js';
import type { HookName } from '../contracts/phases.js';
import type { StandardSchema } from '../config/validate.js';
import { specSchemas } from '../options/option-schemas.js';

const digest = z
  .string()
  .regex(/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/, 'expected a digest such as sha256:<hex>');
const text = z.string();

const imageReference = z.strictObject({
  registry: text.min(1),
  repository: text.min(1),
  tag: text.optional(),
  digest: digest.optional(),
});
const targetReference = imageReference.extend({
  isFloating: z.boolean().optional(),
  isLocalOnly: z.boolean().optional(),
  isPublishOnly: z.boolean().optional(),
});

/** Facts about a commit. */
export const gitFacts = z.strictObject({
  url: text.optional(),
  commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a full SHA'),
  ref: text.optional(),
  authorDate: text,
  commitDate: text.optional(),
  describe: text.optional(),
  tag: text.optional(),
  isDirty: z.boolean(),
});

/** Facts about the archive of a source. */
export const archiveFacts = z.strictObject({
  url: text.optional(),
  digest,
  bytes: z.number().int().nonnegative(),
});

const checkout = z.strictObject({
  kind: z.enum(['git', 'path', 'archive']),
  directory: text.min(1),
  contextDir: text.min(1),
  git: gitFacts.optional(),
  archive: archiveFacts.optional(),
  dockerfileText: text.optional(),
});

/** An image that the build uses. */
export const baseImage = z.strictObject({
  use: z.enum(['from', 'copy-from', 'mount-from', 'syntax']),
  text,
  reference: imageReference,
  line: z.number().int().nonnegative(),
  takenFrom: imageReference.optional(),
  id: text.optional(),
  digest: digest.optional(),
  isLocalOnly: z.boolean().optional(),
  origin: z.enum(['registry', 'local']).optional(),
  pinnedBy: z.enum(['text', 'alias', 'policy']).optional(),
});

const buildSpec = z.strictObject({
  contextDir: text.min(1),
  dockerfile: z.strictObject({ path: text, text: z.string().min(1) }),
  ...specSchemas(z),
  bases: z.array(baseImage),
  references: z.array(targetReference),
});

const store = z.enum(['classic', 'containerd']);
const content = {
  configDigest: digest,
  manifestDigest: digest.optional(),
  platforms: z.array(z.strictObject({ platform: text, configDigest: digest, manifestDigest: digest.optional() })),
};
const enginePlace = z.strictObject({ kind: z.literal('engine'), id: digest, store });
const remotePlace = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('registry'), repository: text.min(1), digest }),
  z.strictObject({ kind: z.literal('layout'), directory: text.min(1) }),
]);

/** An image in an engine: its ID and store stand beside its place, and are the same. */
const engineImage = z
  .strictObject({ place: enginePlace.optional(), id: digest, store, ...content })
  .refine(
    ({ place, id, store: own }) => place === undefined || (place.id === id && place.store === own),
    'id and store are not those of the place',
  )
  .transform(({ place, ...image }) => ({
    place: place ?? { kind: 'engine' as const, id: image.id, store: image.store },
    ...image,
  }));

/** What a build made. An image in an engine may come without its place. */
export const builtImage = z.union([engineImage, z.strictObject({ place: remotePlace, ...content })]);

/** What `reportPublished` takes, and each element of what `push` returns. */
export const publishedImage = z.strictObject({
  reference: targetReference,
  name: text,
  registry: text,
  digest,
  configDigest: digest.optional(),
  attempts: z.number().int().positive(),
  confirmedBy: z.enum(['engine', 'direct', 'push-stream']),
  isVerified: z.boolean(),
  unverifiedReason: text.optional(),
  durationMs: z.number().nonnegative(),
});

/** What `reportUnpublished` takes. */
export const unpublishedImage = z.strictObject({
  reference: targetReference,
  name: text,
  registry: text,
  attempts: z.number().int().nonnegative(),
  isUncertain: z.literal(true).optional(),
  error: z.object({ code: text, message: text, hint: text, retryable: z.boolean() }),
});

/** What `reportGate` takes. */
export const gateOutcome = z.strictObject({
  platform: text.min(1),
  status: z.enum(['passed', 'failed', 'not-run']),
  why: text.optional(),
});

/** What each hook's value must be; a tap that returns anything else is PLUGIN_FAILED. */
export const valueSchemas: Readonly<Record<Exclude<HookName, 'cleanup'>, StandardSchema<unknown>>> = {
  source: checkout,
  prebuild: buildSpec,
  build: builtImage,
  prepublish: builtImage,
  postbuild: z.array(targetReference),
  push: z.array(publishedImage),
};
