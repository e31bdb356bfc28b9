import { type CacheEntry, goBoolean } from '@dock/core/internal';

type Environment = Readonly<Record<string, string | undefined>>;

/** What buildx takes out of the environment for a cache (docker/buildx, `build/opt.go`); an attribute that is given wins. */
export function withCacheEnvironment({ type, attributes }: CacheEntry, env: Environment): CacheEntry {
  const found =
    type === 'gha' ? githubAttributes(attributes, env) : type === 's3' ? awsAttributes(attributes, env) : {};
  const known = Object.entries(found).filter((entry): entry is [string, string] => (entry[1] ?? '') !== '');
  return { type, attributes: { ...Object.fromEntries(known), ...attributes } };
}

function githubAttributes(attributes: CacheEntry['attributes'], env: Environment): Record<string, string | undefined> {
  const isV2 = attributes['version'] === '2' || goBoolean(env['ACTIONS_CACHE_SERVICE_V2'] ?? '') === true;
  return {
    token: env['ACTIONS_RUNTIME_TOKEN'],
    url: env['ACTIONS_CACHE_URL'] ?? env['ACTIONS_RESULTS_URL'],
    ...(isV2 && attributes['version'] !== '1' ? { url_v2: env['ACTIONS_RESULTS_URL'] } : {}),
  };
}

function awsAttributes(attributes: CacheEntry['attributes'], env: Environment): Record<string, string | undefined> {
  if (attributes['access_key_id'] !== undefined && attributes['secret_access_key'] !== undefined) return {};
  return {
    access_key_id: env['AWS_ACCESS_KEY_ID'],
    secret_access_key: env['AWS_SECRET_ACCESS_KEY'],
    session_token: env['AWS_SESSION_TOKEN'],
  };
}

/** Why a cache cannot be used in this environment at all; absent for one that can. */
export function missingEnvironment({ type, attributes }: CacheEntry): string | undefined {
  if (type !== 'gha') return undefined;
  const { token = '', url = '', url_v2: second = '' } = attributes;
  if (token === '') return 'ACTIONS_RUNTIME_TOKEN is not set';
  return url === '' && second === '' ? 'neither ACTIONS_CACHE_URL nor ACTIONS_RESULTS_URL is set' : undefined;
}
