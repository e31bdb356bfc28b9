import { type DockerHome, jsonEntries, jsonString, readConfigFields } from './docker-config.js';

/** The keys of one entry of `proxies`, and the variables that they become (docker/cli, `ConfigFile.ParseProxyConfig`). */
const variables = {
  httpProxy: 'HTTP_PROXY',
  httpsProxy: 'HTTPS_PROXY',
  noProxy: 'NO_PROXY',
  ftpProxy: 'FTP_PROXY',
  allProxy: 'ALL_PROXY',
} as const;

/**
 * The proxies that docker's `config.json` has for builds, as build arguments in both spellings: those of the engine's own entry, else of `default`.
 *
 * @param engineUrl Called only where an engine has an entry of its own.
 * @throws CONFIG_ERROR
 */
export async function readDockerProxies(
  home: DockerHome,
  engineUrl: () => Promise<string>,
): Promise<Readonly<Record<string, string>>> {
  const { fields, fail } = await readConfigFields(home);
  const entries = new Map(jsonEntries(fields.get('proxies'), 'proxies', fail));
  const isAnyOwn = [...entries.keys()].some((key) => key !== 'default');
  const own = isAnyOwn ? await engineUrl() : 'default';
  const name = entries.has(own) ? own : 'default';
  const proxies = new Map(jsonEntries(entries.get(name), `proxies["${name}"]`, fail));
  const found = Object.entries(variables).flatMap(([key, variable]): [string, string][] => {
    const value = jsonString(proxies.get(key), `proxies["${name}"].${key}`, fail);
    return value === undefined
      ? []
      : [
          [variable, value],
          [variable.toLowerCase(), value],
        ];
  });
  return Object.fromEntries(found);
}
