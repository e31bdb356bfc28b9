import * as z from '../schema.js';

const strings = z.record(z.string(), z.string());
const milliseconds = z.number().nonnegative();

const source = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('git'),
    url: z.string().min(1),
    ref: z.string().optional(),
    depth: z.number().int().positive().optional(),
    submodules: z.boolean().optional(),
    lfs: z.boolean().optional(),
    allowedSchemes: z.array(z.string()).optional(),
    subdir: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('path'), path: z.string().min(1) }),
]);

/** The keys of `dock.config.ts`. `docs/reference/config.md` is held to it by a test. */
export const configSchema = z.strictObject({
  source: z
    .union([z.string().min(1), source])
    .optional()
    .describe('Directory (relative to the config file) or git URL. Default: the directory of the config file.'),
  image: z
    .union([z.string().min(1), z.array(z.string().min(1))])
    .optional()
    .describe('Name or names for the image.'),
  runner: z
    .looseObject({
      name: z.string(),
      run: z.custom((value) => typeof value === 'function', 'expected a runner, such as here()'),
    })
    .optional()
    .describe('Where the pipeline runs. Default: here().'),
  plugins: z
    .array(z.unknown())
    .optional()
    .describe('Plugins in order. Default: pullBase(), tag names from `image`, inspect().'),
  targetRegistries: z
    .array(z.string().min(1))
    .optional()
    .describe('Registries (`host[:port][/prefix]`) that each name is published to.'),
  dockerfile: z
    .string()
    .min(1)
    .optional()
    .describe('Path of the Dockerfile inside the context. Default: `Dockerfile`.'),
  buildArgs: strings.optional().describe('Values of `ARG`.'),
  labels: strings.optional().describe('Labels of the image.'),
  target: z.string().optional().describe('Stage to build. Default: the last.'),
  platforms: z.array(z.string()).optional().describe('`os/arch[/variant]`. Default: the engine’s own.'),
  builder: z
    .enum(['auto', 'buildkit', 'classic'])
    .optional()
    .describe('Build backend. Default: `auto`, BuildKit where the engine has it.'),
  noCache: z.boolean().optional().describe('Build every step again.'),
  pull: z.boolean().optional().describe('Let the engine look for newer bases itself.'),
  network: z.string().optional().describe('Network of `RUN`: `default`, `none`, `host` or a name.'),
  addHosts: z.array(z.string()).optional().describe('`host:ip` entries for `RUN`.'),
  shmSize: z.number().int().positive().optional().describe('Bytes of /dev/shm.'),
  ulimits: z
    .array(z.strictObject({ name: z.string(), soft: z.number(), hard: z.number() }))
    .optional()
    .describe('Resource limits of `RUN`.'),
  memory: z.number().int().positive().optional().describe('Memory limit of `RUN`, bytes (classic builder).'),
  cacheFrom: z.array(z.string()).optional().describe('Images to take cached layers from.'),
  secrets: z
    .array(
      z.union([
        z.strictObject({ id: z.string().min(1), file: z.string().min(1) }),
        z.strictObject({ id: z.string().min(1), env: z.string().min(1) }),
      ]),
    )
    .optional()
    .describe('Build secrets, read at build time from a `file` or from the variable that `env` names.'),
  ssh: z
    .array(z.strictObject({ id: z.string().min(1), socket: z.string().min(1) }))
    .optional()
    .describe('Sockets of ssh agents for `RUN --mount=type=ssh`.'),
  trustFrontend: z
    .boolean()
    .optional()
    .describe('Let a `# syntax` frontend that is not Docker’s own have secrets, ssh and registry credentials.'),
  publish: z.boolean().optional().describe('`false` forbids publishing whatever the plugins say.'),
  timeouts: z
    .strictObject({
      runMs: milliseconds.optional(),
      connectMs: milliseconds.optional(),
      phaseMs: milliseconds.optional(),
      pluginMs: milliseconds.optional(),
      sourceMs: milliseconds.optional(),
      buildIdleMs: milliseconds.optional(),
      pullIdleMs: milliseconds.optional(),
      pushIdleMs: milliseconds.optional(),
    })
    .optional()
    .describe('Limits in ms; 0 means none.'),
});
