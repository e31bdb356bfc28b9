import { type BuildSpec, DockError, type EngineDescription } from '@dock/core';

/** The build backends behind the engine's API. */
export type Builder = 'classic' | 'buildkit';

/** Options that a builder takes and silently drops, by what was measured on Engines 20.10 and 26.1. */
const dropped: readonly {
  readonly builder: Builder;
  readonly option: string;
  isAsked(spec: BuildSpec): boolean;
  /** Engines from this API version on honour it. */
  readonly until?: number;
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
    option: 'ulimits',
    isAsked: ({ ulimits }) => (ulimits ?? []).length > 0,
    until: 45,
    why: 'the BuildKit of this engine ignores resource limits',
  },
  {
    builder: 'buildkit',
    option: 'shmSize',
    isAsked: ({ shmSize }) => shmSize !== undefined && shmSize > 0,
    until: 45,
    why: 'the BuildKit of this engine ignores the size of /dev/shm',
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
  return new DockError(
    'OPTION_UNSUPPORTED',
    `the option "${option}" cannot be used with the builder "${builder}": ${why}`,
    {
      hint: `Leave the option out, or choose the builder "${other}".`,
      details: { option, builder },
    },
  );
}

/**
 * Which builder builds: the one that is asked for, else BuildKit where the engine has it.
 *
 * @throws OPTION_UNSUPPORTED for an option that this builder would silently drop
 */
export function chooseBuilder(spec: BuildSpec, engine: EngineDescription): Builder {
  const builder = builderOf(spec, engine);
  if (spec.platforms.length > 1)
    throw unsupported('platforms', builder, "one build through the engine's API makes one platform");
  const api = Number(engine.apiVersion.split('.')[1] ?? 0);
  const rule = dropped.find((each) => each.builder === builder && api < (each.until ?? Infinity) && each.isAsked(spec));
  if (rule !== undefined) throw unsupported(rule.option, builder, rule.why);
  return builder;
}

function builderOf(spec: BuildSpec, { hasBuildkit, version }: EngineDescription): Builder {
  if (spec.builder === 'auto') return hasBuildkit ? 'buildkit' : 'classic';
  if (spec.builder === 'buildkit' && !hasBuildkit)
    throw new DockError('OPTION_UNSUPPORTED', `the engine ${version} cannot build with the builder "buildkit"`, {
      hint: 'Choose the builder "auto" or "classic".',
      details: { option: 'builder', builder: 'buildkit' },
    });
  return spec.builder;
}
