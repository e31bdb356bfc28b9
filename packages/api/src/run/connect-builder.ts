import { hostname } from 'node:os';
import { type ConnectOptions, DockError, type EnginePort, type RegistryPort, type RemoteBuilder } from '@dock/core';
import { builderWord, isEngineBuilder } from '@dock/core/internal';
import type { EngineChoice } from './connect.js';
import type { Surroundings } from './surroundings.js';

/**
 * The builder of a request, whose name may lead back to the run's own engine: that is said in the engine's own words.
 *
 * @throws INVALID_OPTION, BUILDER_NOT_FOUND, BUILDER_INVALID
 */
export async function chosenBuilder(
  asked: string | undefined,
  choice: EngineChoice,
  surroundings: Surroundings,
): Promise<string | undefined> {
  const fromDocker = surroundings.env['BUILDX_BUILDER'] ?? '';
  const builder = asked ?? (fromDocker === '' ? undefined : fromDocker);
  if (builder === undefined || isEngineBuilder(builder)) return builder;
  const { nodes } = await describe(builder, surroundings);
  const own = choice.context ?? (choice.host === undefined ? surroundings.env['DOCKER_CONTEXT'] : undefined);
  const isOwn = nodes.every(
    ({ place }) => place.kind === 'engine' && (place.engine === undefined || place.engine === own),
  );
  return isOwn ? 'buildkit' : builder;
}

/**
 * Connect to a builder that is no engine's.
 *
 * @throws INVALID_OPTION, BUILDER_NOT_FOUND, BUILDER_UNREACHABLE, BUILDER_PROTOCOL, …
 */
export async function connectToBuilder(
  builder: string,
  choice: EngineChoice,
  surroundings: Surroundings,
  run: ConnectOptions & { readonly engine: EnginePort; readonly registry: RegistryPort },
): Promise<RemoteBuilder> {
  const { signal, registry, engine } = run;
  const { env, homeDir, cwd } = surroundings;
  const [{ connectBuilder, createRemoteBuilder }, { reachEngines }, { createCredentialStore }, described] =
    await Promise.all([
      import('@dock/buildkit'),
      import('@dock/engine'),
      import('@dock/registry'),
      describe(builder, surroundings),
    ]);
  const reach = reachEngines({ env, homeDir, cwd, ...choiceOf(choice) });
  const connected = await connectBuilder(described, { reach, signal });
  const onPassedOver = (message: string) => run.emit?.({ type: 'warning', message });
  const credentials = createCredentialStore({ env, homeDir, onPassedOver });
  return createRemoteBuilder({
    connected,
    source: { credentials, addSecret: (secret) => run.addSecret(secret) },
    registry,
    load: { engine, note: (what) => run.note?.(what) ?? (() => undefined) },
    env,
    machine: hostname(),
  });
}

function choiceOf({ host, context }: EngineChoice): EngineChoice {
  return { ...(host === undefined ? {} : { host }), ...(context === undefined ? {} : { context }) };
}

async function describe(builder: string, { env, homeDir, cwd }: Surroundings) {
  const word = builderWord(builder);
  if (word === undefined || word.kind === 'auto' || word.kind === 'classic')
    throw new DockError('INVALID_OPTION', `"${builder}" names no builder.`, {
      hint: 'Write auto, engine, classic, the name of a builder of buildx, tcp://HOST:PORT, unix:///PATH or docker-container:NAME.',
      details: { option: 'builder' },
    });
  const [{ describeBuilder }, { hasDockerContext }] = await Promise.all([
    import('@dock/buildkit'),
    import('@dock/engine'),
  ]);
  const hasContext = async (name: string) => hasDockerContext(name, { env, homeDir });
  return describeBuilder(word, { env, homeDir, cwd, hasContext });
}
