import { parsePluginOptions, type PluginOptions } from '@dock/core';
import { z } from 'zod';

/** What {@link push} takes. */
export interface PushOptions extends PluginOptions {
  /** Pushes tried again after a transient failure, per reference. @default 3 */
  readonly retries?: number;
  /** Wait before the first retry, ms; it doubles each time. @default 1000 */
  readonly backoffMs?: number;
  /** Longest time for all tries of one reference, ms; a try that is under way is let finish. @default 75000 */
  readonly retryBudgetMs?: number;
  /** Give a push up when nothing moves for so long, ms. @default 120000 */
  readonly idleTimeoutMs?: number;
  /** Pushes at once. @default 4 */
  readonly concurrency?: number;
  /** Ask the registries before the build whether they answer and take the credentials. @default true */
  readonly preflight?: boolean;
}

const schema = z.strictObject({
  name: z.string().min(1).default('push'),
  optional: z.boolean().default(false),
  retries: z.number().int().min(0).max(20).default(3),
  backoffMs: z.number().int().positive().default(1000),
  retryBudgetMs: z.number().int().positive().default(75_000),
  idleTimeoutMs: z.number().int().positive().default(120_000),
  concurrency: z.number().int().positive().max(32).default(4),
  preflight: z.boolean().default(true),
});

/** The options with every default filled in. */
export type Settings = z.output<typeof schema>;

/** @throws CONFIG_INVALID */
export function parsePushOptions(options: PushOptions | undefined): Settings {
  return parsePluginOptions(schema, options, 'push');
}
