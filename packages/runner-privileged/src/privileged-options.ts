import { buildContainerFields, type BuildContainerOptions } from '@dock/build-container/options';
import * as z from '@dock/core/schema';

/** A range of addresses that the engine inside takes networks from. */
interface AddressPool {
  /** `172.30.0.0/16` */
  readonly base: string;
  /** Prefix length of each network. */
  readonly size: number;
}

/** Options of {@link privileged}. */
export interface PrivilegedOptions extends BuildContainerOptions {
  /**
   * `privileged` is docker's `--privileged`; `capabilities` names what the engine inside needs instead (SYS_ADMIN and NET_ADMIN, without seccomp and AppArmor
   * profiles and masked paths), for engines that refuse the former. Both are root on the engine's machine.
   * @default 'privileged'
   */
  readonly mode?: 'privileged' | 'capabilities';
  /** Keep the inner engine's images and layers in the volume `dock-cache-<name>` for the next run. One run at a time. @default a new volume each time */
  readonly cache?: string;
  /** Bring the image into the host's engine, too. @default false */
  readonly load?: boolean;
  /** MTU of the networks inside. @default dockerd's */
  readonly mtu?: number;
  /** Where the networks inside get their addresses. @default dockerd's */
  readonly addressPools?: readonly AddressPool[];
  /** File with PEM certificates that the inner engine and the pipeline trust beside the build image's. */
  readonly ca?: string;
  /** More flags for dockerd, after all others: `--storage-driver=vfs`. */
  readonly engineArgs?: readonly string[];
  /** How long the engine inside may take to answer, ms. @default 60 000 */
  readonly startTimeoutMs?: number;
}

/** The schema of {@link PrivilegedOptions}. */
export const privilegedSchema: z.ZodType<PrivilegedOptions> = z.strictObject({
  ...buildContainerFields,
  mode: z.enum(['privileged', 'capabilities']).optional(),
  cache: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/, 'expected letters, digits, "_", "." and "-", at most 128')
    .optional(),
  load: z.boolean().optional(),
  mtu: z.number().int().positive().optional(),
  addressPools: z.array(z.strictObject({ base: z.string().min(1), size: z.number().int().positive() })).optional(),
  ca: z.string().min(1).optional(),
  engineArgs: z.array(z.string().startsWith('-', 'expected a flag of dockerd')).optional(),
  startTimeoutMs: z.number().int().positive().optional(),
}) as unknown as z.ZodType<PrivilegedOptions>;
