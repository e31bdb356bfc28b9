import type { NodeEngine } from '@dock/buildkit';
import { DockError, isLoopbackHost } from '@dock/core';
import { commandConnection } from '../containers/command-connection.js';
import { inspectContainer } from '../containers/container-client.js';
import type { EngineEndpoint } from '../endpoint/engine-endpoint.js';
import { EngineConnection } from '../transport/connection.js';
import { builderDoor } from './builder-door.js';

/** What a node of a builder needs of the engine that it is named by. @param named the flags of docker that lead there */
export function nodeEngine(
  endpoint: EngineEndpoint,
  { host, context }: { readonly host?: string; readonly context?: string },
): NodeEngine {
  const connection = new EngineConnection(endpoint);
  const byHost = host === undefined ? '' : `--host ${host}`;
  return {
    url: endpoint.url,
    isPrivate: endpoint.kind === 'unix' || endpoint.tls?.verify === true || isLoopbackHost(endpoint.hostname ?? ''),
    dockerFlags: context === undefined ? byHost : `--context ${context}`,
    door: builderDoor(connection),
    apiVersion: async (scope) => {
      const { apiVersion, hasBuildkit } = await connection.ping(scope);
      if (hasBuildkit) return apiVersion;
      throw new DockError('BUILDER_UNSUPPORTED', `The engine at "${endpoint.url}" has no BuildKit.`, {
        hint: 'Build with its classic builder: --builder classic.',
      });
    },
    isRunning: async (container, scope) => (await inspectContainer(connection, container, scope))?.State.Running,
    command: (container, command) => commandConnection(connection, container, command),
  };
}
