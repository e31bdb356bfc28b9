import type { PluginOptions } from '@dock/core';
import * as z from '@dock/core/schema';

/** Options of `push()`. */
export interface PushOptions extends PluginOptions {
  /** Tries after the first one, per reference; only transient failures are tried again. 0 to 10. @default 3 */
  readonly retries?: number;
  /** Wait before the first retry, ms; it doubles with each one and varies by a quarter. @default 1000 */
  readonly backoffMs?: number;
  /** A push without any progress for so long is PUSH_TIMEOUT, ms. @default the run's `timeouts.pushIdleMs` */
  readonly idleTimeoutMs?: number;
  /** Ask the registry for what it holds after each push. @default true */
  readonly verify?: boolean;
  /** References that are pushed at the same time, 1 to 16. @default 4 */
  readonly concurrency?: number;
}

/** The options with their defaults. */
export const pushOptionsSchema = z.strictObject({
  name: z.string().min(1).default('push'),
  optional: z.boolean().default(false),
  retries: z.number().int().min(0).max(10).default(3),
  backoffMs: z.number().int().min(1).max(60_000).default(1000),
  idleTimeoutMs: z.number().int().positive().optional(),
  verify: z.boolean().default(true),
  concurrency: z.number().int().min(1).max(16).default(4),
});

/** The options as the plugin uses them. */
export type ReadPushOptions = z.output<typeof pushOptionsSchema>;
