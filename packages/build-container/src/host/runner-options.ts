import * as z from '@dock/core/schema';

/** Options that every container runner takes. */
export interface BuildContainerOptions {
  /** Image that the build container is made of: Node, git and a shell. The engine must have it. */
  readonly buildImage: string;
  /** Variables of the host that the config and its plugins may read. @default none */
  readonly passEnv?: readonly string[];
  /** Registries whose stored credentials may be used beside those of the image, its targets, the parent registry and the Dockerfile. */
  readonly credentials?: readonly string[];
  /** Network of the build container: `host`, `none` or a name. @default the engine's default */
  readonly network?: string;
  readonly dns?: readonly string[];
  /** `host:ip` entries. */
  readonly addHosts?: readonly string[];
  /** Memory limit of the build container, bytes. @default none */
  readonly memory?: number;
  /** Processes in the build container. @default 4096 */
  readonly pidsLimit?: number;
  /** Publish the finished build container as an image `buildroot-<image>:<UTC time>` in this registry. */
  readonly pushBuildrootTo?: string;
  /** Leave the build container, and say how to look into it. @default false */
  readonly keep?: boolean;
}

const texts = z.array(z.string().min(1));

/** The schema of {@link BuildContainerOptions}, to be spread into that of a runner. */
export const buildContainerFields: Readonly<Record<keyof BuildContainerOptions, z.ZodType>> = {
  buildImage: z.string().min(1),
  passEnv: texts.optional(),
  credentials: texts.optional(),
  network: z.string().min(1).optional(),
  dns: texts.optional(),
  addHosts: texts.optional(),
  memory: z.number().int().positive().optional(),
  pidsLimit: z.number().int().positive().optional(),
  pushBuildrootTo: z.string().min(1).optional(),
  keep: z.boolean().optional(),
};
