import { type BuildSpec, DockError } from '@dock/core';
import type { ControlClient } from '../control/control-client.js';
import type { SolveEnvironment } from './solve-environment.js';

/** The word of `--add-host` for the machine of the engine. */
const word = 'host-gateway';

/** Label of an engine's worker (moby, `builder/builder-next`). */
const label = 'org.mobyproject.buildkit.worker.moby.host-gateway-ip';

/**
 * The address that `host-gateway` stands for. The builder takes addresses only: newer engines tell theirs by a label of the worker, of older ones it is
 * that of their bridge.
 *
 * @returns `undefined` when the spec does not ask for it
 * @throws OPTION_UNSUPPORTED when nobody knows it
 */
export async function hostGatewayOf(
  { addHosts = [] }: BuildSpec,
  control: Pick<ControlClient, 'listWorkers'>,
  { hostGateway }: Pick<SolveEnvironment, 'hostGateway'>,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!addHosts.some((entry) => entry.endsWith(`:${word}`))) return undefined;
  const workers = await control.listWorkers({ signal });
  const told = workers
    .map(({ labels }) => labels[label])
    .find((address) => address !== undefined && isAddress(address));
  const address = told ?? (await hostGateway?.(signal));
  if (address !== undefined) return address;
  throw new DockError('OPTION_UNSUPPORTED', `The engine has no address for "${word}" of the option "addHosts".`, {
    hint: 'Name the address itself: the engine has no bridge network.',
    details: { option: 'addHosts', builder: 'buildkit' },
  });
}

/** Go writes `<nil>` where there is none. */
function isAddress(text: string): boolean {
  return /^[0-9a-fA-F:.]+$/.test(text);
}
