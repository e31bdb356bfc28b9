import type { RegistryPort } from '../contracts/registry-port.js';
import { DockError } from '../errors/dock-error.js';
import { connectOptions } from './connect-to-engine.js';
import { type CallsOf, portOf } from './port-of.js';
import type { RunScope } from './run-scope.js';

/** What a registry can be asked. */
export const registryCalls: CallsOf<RegistryPort> = {
  resolve: true,
  manifest: true,
  blob: true,
  putManifest: true,
  putBlob: true,
  mount: true,
  tags: true,
  referrers: true,
  copy: true,
};

/** The registries of a run: reached when a tap first asks one. */
export function registryOf(scope: () => RunScope): RegistryPort {
  return portOf<RegistryPort>(registryCalls, async () => {
    const { context, engine, hasEngine } = scope();
    if (context.connectRegistry === undefined)
      throw new DockError('OPTION_UNSUPPORTED', 'Whoever started this run gave it no way to registries.', {
        hint: 'Give connectRegistry to the runner, or use @dock/api.',
      });
    return context.connectRegistry({ ...connectOptions(scope()), ...(hasEngine ? { engine } : {}) });
  });
}
