import type { ReachEngine } from '@dock/buildkit';
import { dockerConfigDir, type DockerHome } from '@dock/registry';
import { isStored } from '../endpoint/context-store.js';
import { type EndpointRequest, resolveEndpoint } from '../endpoint/resolve-endpoint.js';

/** The engines that nodes of builders name, by docker context or address; without a name it is the engine of the request. */
export function reachEngines({ host, context, ...home }: EndpointRequest): ReachEngine {
  const own = { ...(host === undefined ? {} : { host }), ...(context === undefined ? {} : { context }) };
  return async (engine) => {
    const named = engine === undefined ? own : engine.includes('://') ? { host: engine } : { context: engine };
    const [{ nodeEngine }, endpoint] = await Promise.all([
      import('./node-engine.js'),
      resolveEndpoint({ ...home, ...named }),
    ]);
    return nodeEngine(endpoint, named);
  };
}

/** Whether docker has a context of this name. */
export function hasDockerContext(name: string, home: DockerHome): Promise<boolean> {
  return isStored(dockerConfigDir(home), name);
}
