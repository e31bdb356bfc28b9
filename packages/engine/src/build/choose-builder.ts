import { refuseUntrustedFrontend } from '@dock/buildkit';
import { type BuildSpec, DockError, type EngineDescription } from '@dock/core';
import { type BuilderAbility, refuseUnsupported } from '@dock/core/internal';

/** The build backends behind the engine's API. */
export type Builder = 'classic' | 'buildkit';

/**
 * Which builder builds: the one that is asked for, else BuildKit where the engine has it.
 *
 * @throws OPTION_UNSUPPORTED for an option that this builder would silently drop, and for secrets that a frontend must not see
 */
export function chooseBuilder(spec: BuildSpec, engine: EngineDescription): Builder {
  const builder = builderOf(spec, engine);
  const others: readonly Builder[] = builder === 'buildkit' ? ['classic'] : engine.hasBuildkit ? ['buildkit'] : [];
  refuseUnsupported(
    spec,
    builderAbility(builder, engine),
    others.map((other) => builderAbility(other, engine)),
  );
  if (builder === 'buildkit') refuseUntrustedFrontend(spec);
  return builder;
}

/** One of an engine's builders, as the table of options has it. */
export function builderAbility(
  builder: Builder,
  { store, apiVersion }: Pick<EngineDescription, 'store' | 'apiVersion'>,
): BuilderAbility {
  return {
    name: builder,
    column: builder === 'classic' ? 'classic' : store === 'containerd' ? 'containerd' : 'buildkit',
    apiVersion,
  };
}

function builderOf(spec: BuildSpec, { hasBuildkit, version }: EngineDescription): Builder {
  if (spec.builder === 'auto') return hasBuildkit ? 'buildkit' : 'classic';
  if (spec.builder === 'buildkit' && !hasBuildkit)
    throw new DockError('OPTION_UNSUPPORTED', `The engine ${version} cannot build with the builder "buildkit".`, {
      hint: 'Choose the builder "auto" or "classic".',
      details: { option: 'builder', builder: 'buildkit' },
    });
  if (spec.builder === 'classic' || spec.builder === 'buildkit') return spec.builder;
  throw new DockError('OPTION_UNSUPPORTED', `The builder "${spec.builder}" is none of an engine.`, {
    hint: 'An engine builds with "auto", "engine" or "classic".',
    details: { option: 'builder', builder: spec.builder },
  });
}
