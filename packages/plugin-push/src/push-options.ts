import type { PluginOptions } from '@dock/core';
import * as z from '@dock/core/schema';

/** Options of `push()`. */
export interface PushOptions extends PluginOptions {
  /** Tries after the first one that bring no layer over, per reference; only transient failures are tried again. 0 to 100. @default as many as 70 s have room for */
  readonly retries?: number;
  /** Wait before the first retry, ms; it doubles with each one and varies by a quarter. @default 1000 */
  readonly backoffMs?: number;
  /** A push without any progress for so long is PUSH_TIMEOUT, ms. @default the run's `timeouts.pushIdleMs` */
  readonly idleTimeoutMs?: number;
  /** Ask the registry for what it holds after each push; `'required'`: a push that nobody could confirm is a failure. @default true */
  readonly verify?: boolean | 'required';
  /** References that are pushed at the same time, 1 to 16. @default 4 */
  readonly concurrency?: number;
}

/** The options with their defaults. */
export const pushOptionsSchema = z.strictObject({
  name: z.string().min(1).default('push'),
  optional: z.boolean().default(false),
  retries: z.number().int().min(0).max(100).optional(),
  backoffMs: z.number().int().min(1).max(60_000).default(1000),
  idleTimeoutMs: z.number().int().positive().optional(),
  verify: z.union([z.boolean(), z.literal('required')]).default(true),
  concurrency: z.number().int().min(1).max(16).default(4),
});

/** The options as the plugin uses them. */
export type ReadPushOptions = z.output<typeof pushOptionsSchema>;
