import { hookNames, type PhaseName } from '../contracts/phases.js';
import { type DockEvent, eventVersion } from '../contracts/event.js';
import { errorSchema } from '../run/result-schema.js';
import * as z from '../schema.js';

const text = z.string();
const hook = z.enum(hookNames);
const phase = z.enum(['config', 'endpoint', ...hookNames] as const satisfies readonly PhaseName[]);
const status = z.enum(['ok', 'failed']);
const runStatus = z.enum(['ok', 'failed', 'cancelled']);
const stamp = { v: z.literal(eventVersion), seq: z.number(), time: text, run: text };
const progress = {
  ...stamp,
  reference: text,
  layer: text.optional(),
  status: text,
  current: z.number().optional(),
  total: z.number().optional(),
};

const bodies = [
  z.strictObject({
    ...stamp,
    type: z.literal('run.start'),
    source: text,
    runner: text,
    versions: z.record(text, text),
  }),
  z.strictObject({ ...stamp, type: z.literal('phase.start'), phase }),
  z.strictObject({ ...stamp, type: z.literal('phase.end'), phase, status: runStatus, durationMs: z.number() }),
  z.strictObject({ ...stamp, type: z.literal('plugin.start'), plugin: text, hook, tap: text }),
  z.strictObject({
    ...stamp,
    type: z.literal('plugin.end'),
    plugin: text,
    hook,
    tap: text,
    status,
    durationMs: z.number(),
  }),
  z.looseObject({ ...stamp, type: z.literal('step.start'), step: text, name: text }),
  z.looseObject({ ...stamp, type: z.literal('step.log'), step: text, stream: z.enum(['stdout', 'stderr']), text }),
  z.looseObject({ ...stamp, type: z.literal('step.progress'), step: text, status: text }),
  z.looseObject({
    ...stamp,
    type: z.literal('step.end'),
    step: text,
    status: runStatus,
    isCached: z.boolean(),
    durationMs: z.number(),
  }),
  z.looseObject({ ...progress, type: z.literal('pull.progress') }),
  z.looseObject({ ...progress, type: z.literal('push.progress') }),
  z.looseObject({
    ...stamp,
    type: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: text,
    source: text.optional(),
  }),
  z.looseObject({
    ...stamp,
    type: z.literal('warning'),
    message: text,
    hint: text.optional(),
    code: text.optional(),
    plugin: text.optional(),
    hook: hook.optional(),
    cause: z.array(text).optional(),
  }),
  z.strictObject({ ...stamp, type: z.literal('error'), error: errorSchema }),
  z.strictObject({
    ...stamp,
    type: z.literal('run.end'),
    status: runStatus,
    exitStatus: z.number(),
    durationMs: z.number(),
  }),
] as const;

const eventSchema = z.discriminatedUnion('type', bodies);

/** One event of a stream that another process wrote, or `undefined` when it is none. */
export function readEvent(value: unknown): DockEvent | undefined {
  const { success, data } = eventSchema.safeParse(value);
  return success ? (data as DockEvent) : undefined;
}
