import type { BuildResult, ErrorDocument } from '../contracts/result.js';
import { hookNames } from '../contracts/phases.js';
import { dropPrototypes } from '../text/drop-prototypes.js';
import { DockError } from '../errors/dock-error.js';
import {
  archiveFacts,
  baseImage,
  builtImage,
  gateOutcome,
  gitFacts,
  publishedImage,
  unpublishedImage,
} from '../hooks/value-schemas.js';
import * as z from '../schema.js';

const text = z.string();
const hook = z.enum(hookNames);
const phase = z.enum(['config', 'endpoint', ...hookNames]);
const durationMs = z.number().nonnegative();
const status = z.enum(['ok', 'failed', 'cancelled']);

/** An error as JSON, with its attached ones. */
export const errorSchema: z.ZodType<ErrorDocument> = z.lazy(() =>
  z.strictObject({
    code: text,
    message: text,
    hint: text,
    phase: phase.optional(),
    plugin: text.optional(),
    hook: hook.optional(),
    retryable: z.boolean(),
    exitStatus: z.number().int().min(1).max(255),
    cause: z.array(text).optional(),
    details: z.unknown().optional(),
    attached: z.array(errorSchema).optional(),
  }),
) as z.ZodType<ErrorDocument>;

const resultSchema = z.strictObject({
  v: z.literal(1),
  runId: text.min(1),
  status,
  exitStatus: z.number().int().min(0).max(255),
  runner: text.min(1),
  publishedState: z.enum(['none', 'partial', 'complete']),
  startedAt: text,
  durationMs,
  source: z
    .strictObject({
      kind: z.enum(['git', 'path', 'archive']),
      contextDir: text,
      git: gitFacts.optional(),
      archive: archiveFacts.optional(),
    })
    .optional(),
  image: builtImage.optional(),
  gates: z.array(gateOutcome.extend({ gate: text })).optional(),
  outputs: z
    .array(
      z.strictObject({
        type: z.enum(['local', 'tar', 'oci', 'docker']),
        dest: text.min(1),
        bytes: z.number().nonnegative(),
        files: z.number().nonnegative().optional(),
        leftOut: z.array(text).optional(),
        names: z.array(text).optional(),
        digest: text.optional(),
        configDigest: text.optional(),
      }),
    )
    .optional(),
  names: z.array(text),
  bases: z.array(baseImage),
  published: z.array(publishedImage),
  unpublished: z.array(unpublishedImage),
  unattested: z.array(text).optional(),
  buildroot: z.strictObject({ name: text, digest: text }).optional(),
  phases: z.array(z.strictObject({ phase, status, durationMs })),
  plugins: z.array(
    z.strictObject({
      plugin: text,
      hook,
      tap: text,
      status: z.enum(['ok', 'failed']),
      durationMs,
      value: z.unknown().optional(),
    }),
  ),
  warnings: z.array(
    z.strictObject({
      message: text,
      hint: text.optional(),
      code: text.optional(),
      plugin: text.optional(),
      hook: hook.optional(),
      cause: z.array(text).optional(),
    }),
  ),
  error: errorSchema.optional(),
  logFile: text.optional(),
  versions: z.record(text, text),
});

/**
 * A result that another process wrote. It must be whole, fit the schema, and agree with itself: `ok` has exit status 0 and no error, anything else
 * has an error and a status above 0.
 *
 * @throws RESULT_INVALID
 */
export function readResult(json: string): BuildResult {
  let value: unknown;
  try {
    value = JSON.parse(json, dropPrototypes);
  } catch (cause) {
    throw new DockError('RESULT_INVALID', 'The result is not JSON.', { cause });
  }
  const parsed = resultSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new DockError(
      'RESULT_INVALID',
      `The result does not fit its schema: "${(issue?.path ?? []).map(String).join('.')}": ${issue?.message ?? ''}.`,
    );
  }
  const result = parsed.data as BuildResult;
  const isOk = result.status === 'ok';
  if (isOk !== (result.exitStatus === 0) || isOk !== (result.error === undefined)) {
    throw new DockError(
      'RESULT_INVALID',
      `The result contradicts itself: status "${result.status}", exit status ${result.exitStatus}, ${result.error === undefined ? 'no error' : `error ${result.error.code}`}.`,
    );
  }
  return result;
}
