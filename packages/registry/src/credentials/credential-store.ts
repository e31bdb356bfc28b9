import { DockError, isDockError, type RegistryCredential } from '@dock/core';
import { askCredentialHelper, type HelperAnswer, helperLimitMs, type HelperRequest } from './credential-helper.js';
import {
  type AuthEntry,
  type DockerConfig,
  type DockerHome,
  jsonEntries,
  parseSecretJson,
  readAuthEntry,
  readDockerConfig,
  readHelperName,
} from './docker-config.js';
import { credentialKey, matchingKeys } from './registry-host.js';

/** Stored credentials of registries. */
export interface CredentialStore {
  /**
   * The credentials for a registry host, read afresh on each call: tokens expire and logins change between attempts.
   *
   * @param registryHost `docker.io`, `registry.example.com:5000`
   * @throws CREDENTIAL_HELPER_FAILED, CONFIG_ERROR, CANCELLED
   */
  get(registryHost: string, options?: { readonly signal?: AbortSignal }): Promise<RegistryCredential | undefined>;
}

/** What {@link createCredentialStore} needs. */
export interface CredentialStoreOptions extends DockerHome {
  /** Deadline of one question to a credential helper, ms. @default `DOCK_CREDENTIAL_HELPER_TIMEOUT`, else 60000 */
  readonly helperTimeoutMs?: number;
  /** Hears, once, of a `DOCKER_AUTH_CONFIG` that is passed over. */
  readonly onPassedOver?: (message: string) => void;
}

const environmentName = 'DOCKER_AUTH_CONFIG';

function wrongEnvironment(why: string): DockError {
  return new DockError(
    'CONFIG_ERROR',
    `${environmentName} is passed over, as docker does: it ${why}. Give it as {"auths":{"HOST":{"auth":"<base64 of user:password>"}}}; the rest belongs into config.json.`,
  );
}

/** `DOCKER_AUTH_CONFIG` holds `auths` with `auth` and nothing else (docker/cli `parseEnvConfig`). */
function environmentAuths(env: DockerHome['env']): ReadonlyMap<string, AuthEntry> {
  const text = env[environmentName];
  if (text === undefined || text === '') return new Map();
  const parsed = parseSecretJson(text);
  if ('problem' in parsed) throw wrongEnvironment(parsed.problem);
  const top = jsonEntries(parsed.value, 'value', wrongEnvironment);
  const unknown = top.find(([key]) => key !== 'auths')?.[0];
  if (unknown !== undefined)
    throw wrongEnvironment(`has the key ${JSON.stringify(unknown)}, which is not supported there`);
  const entries = jsonEntries(top[0]?.[1], 'auths', wrongEnvironment).map(([host, value]): [string, AuthEntry] => {
    const fields = jsonEntries(value, `auths["${host}"]`, wrongEnvironment);
    const extra = fields.find(([key]) => key !== 'auth')?.[0];
    if (extra !== undefined) throw wrongEnvironment(`has auths["${host}"].${extra}, which is not supported there`);
    const auth = fields[0]?.[1] ?? '';
    if (typeof auth !== 'string') throw wrongEnvironment(`has an auths["${host}"].auth that is not a string`);
    if (auth !== '' && decodeAuth(auth) === undefined)
      throw wrongEnvironment(`has an auths["${host}"].auth that is not base64 of "user:password"`);
    return [host, auth === '' ? {} : { auth }];
  });
  return new Map(entries);
}

/** User and password of an `auth`: base64, split at the first colon. `undefined` when it is malformed. */
export function decodeAuth(auth: string): { username: string; password: string } | undefined {
  const compact = auth.replaceAll(/[\r\n]/g, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  const pair = Buffer.from(compact, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon < 1) return undefined;
  const password = pair.slice(colon + 1);
  // Old docker clients padded passwords with NUL.
  return { username: pair.slice(0, colon), password: password.replaceAll(/^\0+|\0+$/g, '') };
}

function fromEntry(
  entry: AuthEntry,
  registry: string,
  origin: string,
  fail: (why: string) => DockError,
): RegistryCredential | undefined {
  const decoded = entry.auth === undefined ? entry : decodeAuth(entry.auth);
  if (decoded === undefined) throw fail('is not base64 of "user:password"');
  const { username, password } = decoded;
  const credential = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(entry.identitytoken === undefined ? {} : { identityToken: entry.identitytoken }),
    ...(entry.registrytoken === undefined ? {} : { registryToken: entry.registrytoken }),
  };
  return Object.keys(credential).length === 0 ? undefined : { registry, ...credential, origin };
}

/** The entry of `auths` for a registry; docker leaves empty ones beside a credential helper. */
export function fromAuths(
  keys: Iterable<string>,
  registry: string,
  subject: (key: string) => string,
  read: (key: string) => AuthEntry,
): RegistryCredential | undefined {
  for (const key of matchingKeys(keys, registry)) {
    const fail = (why: string): DockError =>
      new DockError('CONFIG_ERROR', `${subject(key)} has an "auth" that ${why}.`, {
        hint: 'Run "docker login" for the registry again.',
      });
    const credential = fromEntry(read(key), registry, subject(key), fail);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

type ConfiguredHelper = Pick<HelperRequest, 'name' | 'origin'>;

/** Which helper is configured: `credHelpers` of the host, where an empty name means none, before `credsStore`. */
function configuredHelper(config: DockerConfig, registry: string): ConfiguredHelper | undefined {
  const [key] = matchingKeys(config.credHelpers.keys(), registry);
  const name = key === undefined ? config.credsStore : readHelperName(config, key);
  if (name === undefined || name === '') return undefined;
  return { name, origin: `${key === undefined ? 'credsStore' : 'credHelpers'} "${name}" of ${config.displayName}` };
}

/** A helper's answer that took so long is kept for {@link keptMs}: a person may have typed a password for it. */
const slowMs = 1000;
const keptMs = 60_000;

/** Asks credential helpers, and does not make a slow one repeat itself within a run. */
function helperMemory(env: DockerHome['env'], timeoutMs: number) {
  const kept = new Map<string, { readonly answer: Promise<HelperAnswer | undefined>; readonly until: number }>();
  return async (helper: ConfiguredHelper, registry: string, signal: AbortSignal | undefined) => {
    const serverUrl = credentialKey(registry);
    const key = `${helper.name} ${serverUrl}`;
    const known = kept.get(key);
    if (known !== undefined && performance.now() < known.until) return known.answer;
    const began = performance.now();
    const answer = askCredentialHelper({
      ...helper,
      serverUrl,
      env,
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    const keep = (error?: unknown): void => {
      const now = performance.now();
      const isCancelled = isDockError(error) && error.code === 'CANCELLED';
      if (now - began >= Math.min(slowMs, timeoutMs) && !isCancelled) kept.set(key, { answer, until: now + keptMs });
    };
    await answer.then(() => keep(), keep);
    return answer;
  };
}

/**
 * Registry credentials as docker/cli finds them: `DOCKER_AUTH_CONFIG` first, then of `config.json` in `DOCKER_CONFIG` (else
 * `~/.docker`) the host's `credHelpers`, `credsStore`, or `auths`. A configured helper that knows nothing means no credentials; for one that fails,
 * what `auths` has for the host is taken.
 */
export function createCredentialStore(options: CredentialStoreOptions): CredentialStore {
  const askHelper = helperMemory(options.env, options.helperTimeoutMs ?? helperLimitMs(options.env));
  let isPassedOver = false;
  const fromEnvironment = (registry: string): RegistryCredential | undefined => {
    try {
      const auths = environmentAuths(options.env);
      return fromAuths(
        auths.keys(),
        registry,
        () => environmentName,
        (key) => auths.get(key) ?? {},
      );
    } catch (error) {
      if (!isDockError(error)) throw error;
      if (!isPassedOver) options.onPassedOver?.(error.message);
      isPassedOver = true;
      return undefined;
    }
  };
  return {
    async get(registry, { signal } = {}) {
      const first = fromEnvironment(registry);
      if (first !== undefined) return first;
      const config = await readDockerConfig(options);
      const inFile = () =>
        fromAuths(
          config.auths.keys(),
          registry,
          (key) => `auths "${key}" of ${config.displayName}`,
          (key) => readAuthEntry(config, key),
        );
      const helper = configuredHelper(config, registry);
      if (helper === undefined) return inFile();
      let answer: HelperAnswer | undefined;
      try {
        answer = await askHelper(helper, registry, signal);
      } catch (error) {
        if (!isDockError(error) || error.code !== 'CREDENTIAL_HELPER_FAILED') throw error;
        const stored = inFile();
        if (stored === undefined) throw error;
        return stored;
      }
      if (answer === undefined || answer.secret === '') return undefined;
      if (answer.username === '<token>') return { registry, identityToken: answer.secret, origin: helper.origin };
      return { registry, username: answer.username, password: answer.secret, origin: helper.origin };
    },
  };
}
