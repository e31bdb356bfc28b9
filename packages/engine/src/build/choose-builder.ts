import { type BuildSpec, DockError, type EngineDescription } from '@dock/core';
import { type Builder, optionSupport, whyDropped } from './option-support.js';
import { refuseUntrustedFrontend } from '@dock/buildkit';

/**
 * Which builder builds: the one that is asked for, else BuildKit where the engine has it.
 *
 * @throws OPTION_UNSUPPORTED for an option that this builder would silently drop, and for secrets that a frontend must not see
 */
export function chooseBuilder(spec: BuildSpec, engine: EngineDescription): Builder {
  const builder = builderOf(spec, engine);
  for (const row of optionSupport) {
    const why = row.isAsked(spec) ? whyDropped(row, builder, engine.apiVersion) : undefined;
    if (why !== undefined) throw unsupported(row.option, builder, why, engine);
  }
  if (builder === 'buildkit') refuseUntrustedFrontend(spec);
  return builder;
}

function unsupported(option: keyof BuildSpec, builder: Builder, why: string, engine: EngineDescription): DockError {
  const other: Builder = builder === 'buildkit' ? 'classic' : 'buildkit';
  const isOtherAble =
    (other === 'classic' || engine.hasBuildkit) &&
    optionSupport.some(
      (row) =>
        row.option === option &&
        whyDropped(row, builder, engine.apiVersion) === why &&
        whyDropped(row, other, engine.apiVersion) === undefined,
    );
  return new DockError(
    'OPTION_UNSUPPORTED',
    `The option "${option}" cannot be used with the builder "${builder}": ${why}.`,
    {
      hint: isOtherAble ? `Leave the option out, or choose the builder "${other}".` : 'Leave the option out.',
      details: { option, builder },
    },
  );
}

function builderOf(spec: BuildSpec, { hasBuildkit, version }: EngineDescription): Builder {
  if (spec.builder === 'auto') return hasBuildkit ? 'buildkit' : 'classic';
  if (spec.builder === 'buildkit' && !hasBuildkit)
    throw new DockError('OPTION_UNSUPPORTED', `The engine ${version} cannot build with the builder "buildkit".`, {
      hint: 'Choose the builder "auto" or "classic".',
      details: { option: 'builder', builder: 'buildkit' },
    });
  return spec.builder;
}
