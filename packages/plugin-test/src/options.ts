import { DockError, parsePluginOptions, type PluginOptions } from '@dock/core';
import { z } from 'zod';

/** What {@link test} takes: a command, or a port or URL of the started container. */
export interface TestOptions extends PluginOptions {
  /** Run this in the built image; a string goes through `sh -c`. Status 0 passes. */
  readonly command?: string | readonly string[];
  /** Start the container and connect to this port: `8080` or `8080/tcp`. */
  readonly port?: number;
  /** Start the container and get this path (`/health`) of `port` by http. */
  readonly path?: string;
  /** Status that `path` must answer with. @default 200 */
  readonly expectStatus?: number;
  /** Text that the answer's body must hold. */
  readonly expectBody?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDir?: string;
  /** `none`, `host`, or a network's name. @default the engine's */
  readonly network?: string;
  /** Deadline of the whole gate, ms. @default 60000 */
  readonly timeoutMs?: number;
  /** Memory limit of the container, bytes. */
  readonly memory?: number;
}

const schema = z.strictObject({
  name: z.string().min(1).default('test'),
  optional: z.boolean().default(false),
  command: z.union([z.string().min(1), z.array(z.string()).min(1)]).optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  path: z.string().startsWith('/').optional(),
  expectStatus: z.number().int().min(100).max(599).default(200),
  expectBody: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
  user: z.string().optional(),
  workingDir: z.string().optional(),
  network: z.string().optional(),
  timeoutMs: z.number().int().positive().default(60_000),
  memory: z.number().int().positive().optional(),
});

/** The options with every default filled in. */
export type Settings = z.output<typeof schema>;

/** @throws CONFIG_INVALID */
export function parseTestOptions(options: TestOptions): Settings {
  const settings = parsePluginOptions(schema, options, 'test');
  const refuse = (why: string) => {
    throw new DockError('CONFIG_INVALID', `In the options of plugin "test": ${why}.`, {
      hint: 'Write test({ command: ["…"] }) or test({ port: 8080, path: "/health" }).',
    });
  };
  if (settings.command === undefined && settings.port === undefined) refuse('neither "command" nor "port" is there');
  if (settings.command !== undefined && settings.port !== undefined)
    refuse('"command" and "port" exclude each other; use the plugin twice');
  if (settings.path !== undefined && settings.port === undefined) refuse('"path" needs "port"');
  return settings;
}
