import type { BuildSpec } from '@dock/core';
import { classicOptions } from './classic-options.js';

/** The query of `POST /build`. There is no `t`: the image gets no name. */
export function buildQuery(spec: BuildSpec): Record<string, unknown> {
  const asked = Object.entries(classicOptions).map(([option, attributes]) => {
    const value = spec[option as keyof typeof classicOptions];
    return value === undefined ? {} : (attributes as (value: unknown) => Readonly<Record<string, unknown>>)(value);
  });
  return Object.assign({ rm: true, forcerm: true }, ...asked) as Record<string, unknown>;
}
