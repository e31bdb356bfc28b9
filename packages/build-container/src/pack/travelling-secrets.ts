import {
  type BuildRequest,
  type BuildSecret,
  type BuildSsh,
  DockError,
  maskedForms,
  readBuildSecret,
} from '@dock/core';
import { cacheEntries, readSshKeys } from '@dock/core/internal';

/** Build secrets and keys of ssh on their way: the request inside names variables, which exist in memory only. */
export interface TravellingSecrets {
  readonly secrets?: readonly BuildSecret[];
  readonly ssh?: readonly BuildSsh[];
  readonly values: Readonly<Record<string, string>>;
  readonly mask: readonly string[];
}

type Variables = Readonly<Record<string, string | undefined>>;

/** One kind of secret on its way, and what it gives to the whole. */
interface Packed<Option> {
  readonly option: readonly Option[];
  readonly values: Readonly<Record<string, string>>;
  readonly mask: readonly string[];
}

/** Variables that a builder's caches are told of (docker/buildx, `build/opt.go`). */
const cacheVariables: Readonly<Record<string, readonly string[]>> = {
  gha: ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_CACHE_URL', 'ACTIONS_RESULTS_URL', 'ACTIONS_CACHE_SERVICE_V2'],
  s3: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
};

const secretVariables = /TOKEN|KEY/;

/** What the environment here says of the caches of a request: it is not the environment inside. */
export function packCacheVariables(
  { cacheFrom, cacheTo }: BuildRequest,
  env: Readonly<Record<string, string | undefined>>,
): Pick<TravellingSecrets, 'values' | 'mask'> {
  const types = [...cacheEntries(cacheFrom, 'from'), ...cacheEntries(cacheTo, 'to')].map(({ type }) => type);
  const values = [...new Set(types.flatMap((type) => cacheVariables[type] ?? []))].flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]] as const],
  );
  return {
    values: Object.fromEntries(values),
    mask: values.flatMap(([name, value]) => (secretVariables.test(name) ? [value] : [])),
  };
}

/**
 * Read build secrets and keys of ssh on the host, where their files and variables are.
 *
 * @throws INVALID_OPTION for one that cannot be read, OPTION_UNSUPPORTED for a build secret that is not text
 */
export async function packSecrets({ secrets, ssh }: BuildRequest, env: Variables): Promise<TravellingSecrets> {
  const build = secrets === undefined ? undefined : await packBuildSecrets(secrets, env);
  const keys = ssh === undefined ? undefined : await packKeys(ssh, env);
  return {
    ...(build === undefined ? {} : { secrets: build.option }),
    ...(keys === undefined ? {} : { ssh: keys.option }),
    values: { ...build?.values, ...keys?.values },
    mask: [...(build?.mask ?? []), ...(keys?.mask ?? [])],
  };
}

async function packBuildSecrets(secrets: readonly BuildSecret[], env: Variables): Promise<Packed<BuildSecret>> {
  const read = await Promise.all(
    secrets.map(async (secret, index) => {
      const bytes = await readBuildSecret(secret, env);
      const text = bytes.toString('utf8');
      if (!Buffer.from(text).equals(bytes)) {
        throw new DockError(
          'OPTION_UNSUPPORTED',
          `The build secret "${secret.id}" is not UTF-8 text, and only text travels.`,
          {
            hint: 'Encode it, as base64 for example, or use the runner "here".',
          },
        );
      }
      return { id: secret.id, env: `DOCK_BUILD_SECRET_${index}`, text, mask: maskedForms(bytes) };
    }),
  );
  return {
    option: read.map(({ id, env: name }) => ({ id, env: name })),
    values: Object.fromEntries(read.map(({ env: name, text }) => [name, text])),
    mask: read.flatMap(({ mask }) => mask),
  };
}

/** An agent behind a socket was refused before. */
async function packKeys(ssh: readonly BuildSsh[], env: Variables): Promise<Packed<BuildSsh>> {
  const option: BuildSsh[] = [];
  const values: Record<string, string> = {};
  const mask: string[] = [];
  for (const each of ssh) {
    if ('socket' in each) continue;
    const names: string[] = [];
    for (const key of await readSshKeys(each, env)) {
      const name = `DOCK_SSH_KEY_${Object.keys(values).length}`;
      values[name] = key.text;
      names.push(name);
      mask.push(...key.mask);
    }
    option.push({ id: each.id, env: names });
  }
  return { option, values, mask };
}
