import type { BuildSpec, CheckoutContext } from '@dock/core';

/** The first version of an engine's API whose BuildKit (0.11, of Engine 23) has source policies. */
const sinceMinor = 42;

/** Whether what builds can be told by a source policy which image a name is. An older one would pass the policy over. */
export async function takesPolicies(
  { builder }: Pick<BuildSpec, 'builder'>,
  context: Pick<CheckoutContext, 'engine' | 'builder' | 'signal'>,
): Promise<boolean> {
  if (context.builder !== undefined || builder === 'classic') return false;
  const { hasBuildkit, apiVersion } = await context.engine.describe({ signal: context.signal });
  return hasBuildkit && Number(apiVersion.split('.')[1] ?? 0) >= sinceMinor;
}
