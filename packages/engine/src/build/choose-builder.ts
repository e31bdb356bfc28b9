import { type BuildSpec, DockError, type EngineDescription } from '@dock/core';

/** The build backends behind the engine's API. */
export type Builder = 'classic' | 'buildkit';

/** Options that a builder takes and silently drops, by what was measured on Engines 20.10 and 26.1. */
const dropped: readonly {
  readonly builder: Builder;
  readonly option: string;
  isAsked(spec: BuildSpec): boolean;
  readonly why: string;
}[] = [
  {
    builder: 'buildkit',
    option: 'memory',
    isAsked: ({ memory }) => memory !== undefined && memory > 0,
    why: 'BuildKit knows no memory limit for a build',
  },
  {
    builder: 'buildkit',
    option: 'network',
    isAsked: ({ network }) => network !== undefined && !['', 'default', 'none', 'host'].includes(network),
    why: 'BuildKit knows the networks "default", "none" and "host" only',
  },
  {
    builder: 'classic',
    option: 'secrets',
    isAsked: ({ secrets }) => (secrets ?? []).length > 0,
    why: 'the classic builder knows no secrets',
  },
];

function unsupported(option: string, builder: Builder, why: string): DockError {
  const other = builder === 'buildkit' ? 'classic' : 'buildkit';
  return new DockError('OPTION_UNSUPPORTED', `the option "${option}" cannot be used with the builder "${builder}": ${why}`, {
    hint: `Leave the option out, or choose the builder "${other}".`,
    details: { option, builder },
  });
}

/**
 * Which builder builds: the one that is asked for, else BuildKit where the engine has it.
 *
 * @throws OPTION_UNSUPPORTED for an option that this builder would silently drop
 */
export function chooseBuilder(spec: BuildSpec, engine: EngineDescription, canSyncFiles: boolean): Builder {
  const builder = builderOf(spec, engine, canSyncFiles);
  if (spec.platforms.length > 1)
    throw unsupported('platforms', builder, "one build through the engine's API makes one platform");
  for (const rule of dropped) if (rule.builder === builder && rule.isAsked(spec)) throw unsupported(rule.option, builder, rule.why);
  return builder;
}

function builderOf(spec: BuildSpec, engine: EngineDescription, canSyncFiles: boolean): Builder {
  // On the containerd store BuildKit cannot read a tar body; it needs the files from a session.
  const canBuildkit = engine.hasBuildkit && (engine.store === 'classic' || canSyncFiles);
  if (spec.builder === 'auto') return canBuildkit ? 'buildkit' : 'classic';
  if (spec.builder === 'buildkit' && !canBuildkit)
    throw new DockError('OPTION_UNSUPPORTED', `the engine ${engine.version} cannot build with the builder "buildkit"`, {
      hint: 'Choose the builder "auto" or "classic".',
      details: { option: 'builder', builder: 'buildkit' },
    });
  return spec.builder;
}
