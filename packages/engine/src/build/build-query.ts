import type { BuildSpec } from '@dock/core';

/** The query of `POST /build` that both builders share. There is no `t`: the image gets no name. */
export function buildQuery(spec: BuildSpec): Record<string, unknown> {
  const { target, network, addHosts, shmSize, ulimits, memory, cacheFrom } = spec;
  const hasEntries = (record: Readonly<Record<string, string>>): boolean => Object.keys(record).length > 0;
  return {
    rm: true,
    forcerm: true,
    ...(hasEntries(spec.buildArgs) ? { buildargs: JSON.stringify(spec.buildArgs) } : {}),
    ...(hasEntries(spec.labels) ? { labels: JSON.stringify(spec.labels) } : {}),
    ...(target === undefined ? {} : { target }),
    ...(spec.platforms[0] === undefined ? {} : { platform: spec.platforms[0] }),
    ...(spec.noCache ? { nocache: true } : {}),
    ...(spec.pull ? { pull: '1' } : {}),
    ...(network === undefined || network === '' ? {} : { networkmode: network }),
    ...(addHosts === undefined || addHosts.length === 0 ? {} : { extrahosts: addHosts }),
    ...(shmSize === undefined ? {} : { shmsize: shmSize }),
    ...(memory === undefined ? {} : { memory }),
    ...(ulimits === undefined || ulimits.length === 0
      ? {}
      : { ulimits: JSON.stringify(ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard }))) }),
    ...(cacheFrom === undefined || cacheFrom.length === 0 ? {} : { cachefrom: JSON.stringify(cacheFrom) }),
  };
}
