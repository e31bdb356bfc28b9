import { DockError, parsePluginOptions, type PluginOptions } from '@dock/core';
import * as z from '@dock/core/schema';

/** Options of `test()`: a command, or a port or URL of the started container. */
export interface TestOptions extends PluginOptions {
  /** Run this in the image, in place of its entry point; a string goes through `sh -c`. Status 0 passes. */
  readonly command?: string | readonly string[];
  /** Start the container as it is and connect to this TCP port. */
  readonly port?: number;
  /** Start the container as it is and get this by http: a path of `port` (`/health`), or `http://localhost:8080/health`. */
  readonly url?: string;
  /** Status, or any of several, that `url` must answer with; redirects are not followed. @default 200 */
  readonly expectStatus?: number | readonly number[];
  /** Text that the answer's first MiB must hold. */
  readonly expectBody?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly workingDir?: string;
  /** `none`, `host`, or a network's name. With `host` the port is one of the engine's machine. @default the engine's own */
  readonly network?: string;
  /** Deadline of the whole gate, ms. @default 60000 */
  readonly timeoutMs?: number;
  /** Memory limit of the container, bytes; at least 6 MiB. @default none */
  readonly memory?: number;
  /**
   * How the image of a builder that is not the engine's gets into the engine: `load`, from the builder, before anything is published; `by-digest`, pulled
   * from the registry that a run that publishes has it in. @default 'load'
   */
  readonly gate?: 'load' | 'by-digest';
  /** `all`: fail where the image has a platform that the engine cannot run. @default a warning */
  readonly platforms?: 'all';
}

const status = z.number().int().min(100).max(599);

const schema = z.strictObject({
  name: z.string().min(1).default('test'),
  optional: z.boolean().default(false),
  command: z.union([z.string().min(1), z.array(z.string()).min(1)]).optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  url: z
    .string()
    .regex(
      /^(?:\/|http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?:\/|$))/,
      'expected a path, or http://localhost:PORT/path',
    )
    .optional(),
  expectStatus: z.union([status, z.array(status).min(1)]).default(200),
  expectBody: z.string().min(1).optional(),
  env: z.record(z.string().regex(/^[^=\0]+$/, 'expected the name of a variable'), z.string()).default({}),
  user: z.string().min(1).optional(),
  workingDir: z.string().startsWith('/').optional(),
  network: z.string().min(1).optional(),
  timeoutMs: z.number().int().positive().default(60_000),
  memory: z
    .number()
    .int()
    .min(6 * 1024 * 1024)
    .optional(),
  gate: z.enum(['load', 'by-digest']).default('load'),
  platforms: z.literal('all').optional(),
});

type Read = z.output<typeof schema>;

/** What is checked: a command's status, or what answers at a port. */
export type Check =
  | { readonly kind: 'command'; readonly argv: readonly [string, ...string[]]; readonly shown: string }
  | {
      readonly kind: 'service';
      readonly port: number;
      /** Path and query; absent for a port alone. */
      readonly path?: string;
      readonly statuses: readonly number[];
      readonly body?: string;
    };

/** The options as the gate uses them. */
export interface ReadTestOptions
  extends Pick<
    Read,
    'name' | 'optional' | 'env' | 'user' | 'workingDir' | 'network' | 'timeoutMs' | 'memory' | 'gate' | 'platforms'
  > {
  readonly check: Check;
  /** Which platform of an image of several. */
  readonly platform?: string;
}

/** @throws CONFIG_INVALID */
export function readTestOptions(options: TestOptions): ReadTestOptions {
  const name = options.name ?? 'test';
  const read = parsePluginOptions(schema, options, name);
  const refuse = (why: string, hint = 'Write test({ command: "…" }), or test({ port: 8080, url: "/health" }).') => {
    throw new DockError('CONFIG_INVALID', `In the options of plugin "${name}": ${why}.`, { hint });
  };
  const isService = read.port !== undefined || read.url !== undefined;
  if (read.command !== undefined && isService)
    refuse(
      '"command" and "port" or "url" exclude each other',
      'Use the plugin twice, the second time with a "name" of its own.',
    );
  if (read.command === undefined && !isService) refuse('there is neither "command" nor "port" nor "url"');
  if (read.url === undefined && (options.expectStatus !== undefined || options.expectBody !== undefined))
    refuse('"expectStatus" and "expectBody" need "url"');
  if (read.network === 'none' && isService) refuse('with network "none" nothing can answer');
  return { ...read, check: read.command === undefined ? serviceCheck(read, refuse) : commandCheck(read.command) };
}

function commandCheck(command: string | readonly string[]): Check {
  if (typeof command === 'string') return { kind: 'command', argv: ['sh', '-c', command], shown: command };
  const [program = '', ...rest] = command;
  return { kind: 'command', argv: [program, ...rest], shown: command.join(' ') };
}

function serviceCheck(read: Read, refuse: (why: string) => void): Check {
  const { url, port, expectStatus, expectBody } = read;
  const target = url === undefined ? undefined : new URL(url, 'http://localhost');
  const isPath = url?.startsWith('/') === true;
  const stated = target === undefined || isPath ? undefined : Number(target.port === '' ? 80 : target.port);
  if (isPath && port === undefined) refuse('the path in "url" needs "port"');
  if (stated !== undefined && port !== undefined && stated !== port)
    refuse(`"url" names port ${stated}, and "port" is ${port}`);
  return {
    kind: 'service',
    port: port ?? stated ?? 80,
    ...(target === undefined ? {} : { path: `${target.pathname}${target.search}` }),
    statuses: typeof expectStatus === 'number' ? [expectStatus] : expectStatus,
    ...(expectBody === undefined ? {} : { body: expectBody }),
  };
}
