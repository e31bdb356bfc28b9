import type { BuildSpec } from '../contracts/build-spec.js';
import type { EnginePort } from '../contracts/engine-port.js';
import type { RemoteBuilder } from '../contracts/image-builder.js';
import { DockError } from '../errors/dock-error.js';
import { isEngineBuilder } from '../options/builder-choice.js';
import { underLimit } from '../time/under-limit.js';
import { connectOptions, connectToEngine, describeInTime } from './connect-to-engine.js';
import { engineLater } from './no-engine.js';
import type { RunScope } from './run-scope.js';

/** Connect to the run's engine and note what it is. */
export async function connectRunEngine(scope: RunScope): Promise<EnginePort> {
  const engine = await connectToEngine(scope);
  const { version, apiVersion } = await describeInTime(engine, scope);
  scope.record.versions['engine'] = version;
  scope.record.versions['engineApi'] = apiVersion;
  return engine;
}

/**
 * Connect to a builder that is no engine's. The engine is then connected by whoever first asks it something, so a run that needs nothing of one runs without;
 * what is known to need one has it before anything is built.
 *
 * @throws OPTION_UNSUPPORTED without a way to builders; TIMEOUT naming its option; what connecting throws
 */
export async function connectToBuilder(scope: RunScope, choice: string): Promise<RemoteBuilder> {
  const { context, limits, record, signal: runSignal } = scope;
  if (context.connectBuilder === undefined)
    throw new DockError('OPTION_UNSUPPORTED', `Whoever started this run gave it no way to the builder "${choice}".`, {
      hint: 'Give connectBuilder to the runner, or use @dock/api.',
      details: { option: 'builder', builder: choice },
    });
  scope.engine = engineLater(() => connectRunEngine(scope));
  const { engine, registry } = scope;
  const builder = await context.connectBuilder(choice, { ...connectOptions(scope), engine, registry });
  scope.cleanup.add('close the connection to the builder', () => builder.close());
  const { connectMs: limitMs } = limits;
  const overTime = () =>
    new DockError('TIMEOUT', `The builder "${builder.name}" did not say within ${limitMs} ms what it is.`, {
      hint: 'Look at the builder, or raise timeouts.connectMs.',
    });
  const { version } = await underLimit({ signal: runSignal, limitMs, overTime }, (signal) =>
    builder.describe({ signal }),
  );
  if (version !== '') record.versions['builder'] = version;
  if (scope.imageNeeds.has('engine')) await engine.describe({ signal: runSignal });
  return builder;
}

/** @throws PLUGIN_FAILED for a spec that names another builder than the one that the run has connected */
export function refuseOtherBuilder({ job, builder }: RunScope, spec: BuildSpec): void {
  const isOther = builder === undefined ? !isEngineBuilder(spec.builder) : spec.builder !== job.request.builder;
  if (!isOther) return;
  throw new DockError('PLUGIN_FAILED', `A plugin changed the builder of the spec to "${spec.builder}".`, {
    hint: 'Choose the builder in the config, or with --builder: it is connected before the hooks run.',
  });
}
