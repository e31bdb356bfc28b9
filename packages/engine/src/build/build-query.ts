import type { BuildSpec } from '@dock/core';
import { builderOptions } from './builder-options.js';

/** The query of `POST /build` that both builders share. There is no `t`: the image gets no name. */
export function buildQuery(spec: BuildSpec): Record<string, unknown> {
  const asked = Object.entries(builderOptions).flatMap(([option, { attributes }]) => {
    const value = spec[option as keyof typeof builderOptions];
    return value === undefined ? [] : [(attributes as (value: unknown) => Readonly<Record<string, unknown>>)(value)];
  });
  return Object.assign({ rm: true, forcerm: true }, ...asked) as Record<string, unknown>;
}
