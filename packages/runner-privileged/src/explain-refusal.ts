import { DockError } from '@dock/core';
import type { PrivilegedOptions } from './privileged-options.js';

/**
 * How engines and their runtimes say that a container may not have its rights. A bare "operation not permitted" is none of them: it is also said of a mount, a
 * device, a limit or a file.
 */
const refusals = [
  // moby, with remapped users: daemon/daemon_unix.go.
  /privileged mode is incompatible with user namespace/i,
  // moby, for a capability that kernel or daemon lack: oci/caps.
  /capability not supported by your kernel/i,
  // runc: libcontainer's finalizeNamespace; its versions differ in what stands before and after.
  /\bapply caps: (?:can't apply capabilities: )?operation not permitted/i,
  // crun.
  /\bcapset: operation not permitted/i,
  // moby, by an authorization plugin; the plugin's own words follow.
  /authorization denied by plugin/i,
];

/** A container that may not be created or started with such rights. Everything else stays as it is. */
export function explainRefusal(error: unknown, mode: NonNullable<PrivilegedOptions['mode']>): unknown {
  if (!(error instanceof Error) || !isRefusal(error)) return error;
  return new DockError('PRIVILEGED_REFUSED', `The engine refuses the build container its rights: ${error.message}.`, {
    cause: error,
    hint:
      mode === 'privileged'
        ? "Use another engine, or try the runner's option: mode: 'capabilities'."
        : 'Use another engine, or another runner.',
  });
}

/** By its status, too: authorization plugins, and proxies before a socket, answer 403, each with words of its own. */
function isRefusal(error: Error & { readonly details?: unknown }): boolean {
  const { status } = (error.details ?? {}) as { readonly status?: unknown };
  return status === 403 || refusals.some((words) => words.test(error.message));
}
