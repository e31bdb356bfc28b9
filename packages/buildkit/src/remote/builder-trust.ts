import { type BuildSpec, DockError } from '@dock/core';
import type { BuilderAccess } from '../build/solve-environment.js';
import type { BuilderNode } from '../builders/connect-builder.js';

type Way = Pick<BuilderNode, 'isPrivate' | 'isOwnEngine'>;

/** What a node may have of the user's credentials. */
export function builderAccess({ isPrivate, isOwnEngine }: Way, { trustBuilder }: BuildSpec): BuilderAccess {
  if (!isPrivate) return 'nothing';
  return isOwnEngine || trustBuilder === true ? 'credentials' : 'tokens';
}

/**
 * Secrets and keys go over no way on which others can listen.
 *
 * @throws OPTION_UNSUPPORTED
 */
export function refuseOpenWay(
  builder: string,
  nodes: readonly (Way & Pick<BuilderNode, 'endpoint'>)[],
  { secrets = [], ssh = [] }: BuildSpec,
): void {
  const option = secrets.length > 0 ? 'secrets' : ssh.length > 0 ? 'ssh' : undefined;
  const open = nodes.find(({ isPrivate }) => !isPrivate);
  if (option === undefined || open === undefined) return;
  throw new DockError(
    'OPTION_UNSUPPORTED',
    `The option "${option}" cannot be used with the builder "${builder}": others can listen on the way to "${open.endpoint}".`,
    {
      hint: 'Serve the builder with TLS and name its files (cacert=…,cert=…,key=…), or forward its port through ssh.',
      details: { option, builder, endpoint: open.endpoint },
    },
  );
}
