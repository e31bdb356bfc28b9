import { buildContainerFields, type BuildContainerOptions } from '@dock/build-container/options';
import * as z from '@dock/core/schema';

/** Options of {@link hostDocker}. */
export interface HostDockerOptions extends BuildContainerOptions {
  /**
   * The engine's socket, on the engine's machine.
   * @default `/var/run/docker.sock`, and where the engine has none there, the path that dock itself talks to; the other way round for a rootless engine
   */
  readonly socketPath?: string;
}

/** The schema of {@link HostDockerOptions}. */
export const hostDockerSchema: z.ZodType<HostDockerOptions> = z.strictObject({
  ...buildContainerFields,
  socketPath: z.string().startsWith('/', 'expected an absolute path').optional(),
}) as unknown as z.ZodType<HostDockerOptions>;
