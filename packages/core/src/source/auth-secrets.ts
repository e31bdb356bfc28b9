import type { BuildSecret } from '../contracts/request-options.js';
import { DockError } from '../errors/dock-error.js';
import { readBuildSecret } from '../secrets/read-build-secret.js';
import type { GitAccess, GitSecret } from './git-access.js';
import { isSafeFor, originOf } from './git-origin.js';
import type { SourceNeeds } from './source-needs.js';

/** The ID of a build secret by which docker's users give git a token or a header, with the host that it is for. */
const secretId = /^GIT_AUTH_(HEADER|TOKEN)(?:\.(.+))?$/;

/** What the ID of a build secret says of git; undefined for one that is not git's. */
export function readAuthId(id: string): { readonly kind: 'HEADER' | 'TOKEN'; readonly host?: string } | undefined {
  const [, kind, host] = secretId.exec(id) ?? [];
  if (kind !== 'HEADER' && kind !== 'TOKEN') return undefined;
  return { kind, ...(host === undefined ? {} : { host }) };
}

/**
 * What build secrets let git show, in the order in which BuildKit looks at them: one that names a host (`GIT_AUTH_TOKEN.git.example:8443`) is for exactly that, any
 * other for the host of the source alone.
 *
 * @param url Of the source.
 * @throws INVALID_OPTION for one that cannot be read or used
 */
export async function secretAccess(
  url: string,
  { buildSecrets = [], env, addSecret }: Pick<SourceNeeds, 'buildSecrets' | 'env' | 'addSecret'>,
): Promise<readonly GitAccess[]> {
  const own = originOf(url);
  const found = buildSecrets.flatMap((secret) => {
    const id = readAuthId(secret.id);
    return id === undefined ? [] : [{ ...id, secret }];
  });
  const order = (one: (typeof found)[number]) => (one.host === undefined ? 2 : 0) + (one.kind === 'HEADER' ? 0 : 1);
  const all: GitAccess[] = [];
  for (const { kind, host, secret } of found.toSorted((one, other) => order(one) - order(other))) {
    const origins = host === undefined ? [own] : [`https://${host}`, `http://${host}`].map(originOf);
    if (host !== undefined && !/^(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/i.test(host))
      throw unusable(secret, `names "${host}", which is not a host`);
    const value = await readValue(secret, env);
    addSecret(value);
    const shown = kind === 'TOKEN' ? { username: 'x-access-token', password: value } : readHeader(value);
    if ('password' in shown && shown.password !== value && shown.password !== '') addSecret(shown.password);
    for (const origin of origins)
      if (origin !== undefined) all.push({ origin, secret: shown, from: `of the secret "${secret.id}"` });
  }
  return all;
}

/** Why secrets of git are not shown to the host of a source, where somebody may have meant them for it. */
export function withheld(url: string, { buildSecrets = [] }: Pick<SourceNeeds, 'buildSecrets'>): readonly string[] {
  const own = originOf(url);
  if (own === undefined) return [];
  const [scheme = '', place = ''] = own.split('//');
  const name = place.replace(/:\d+$/, '');
  return buildSecrets.flatMap(({ id }) => {
    const auth = readAuthId(id);
    if (auth === undefined) return [];
    const isFor = auth.host === undefined || originOf(`${scheme}//${auth.host}`) === own;
    if (isFor && !isSafeFor(own))
      return [`The secret "${id}" is not sent to "${place}", because http would show it to the network.`];
    if (isFor || auth.host?.toLowerCase() !== name) return [];
    return [
      `The secret "${id}" is not sent to "${place}": it is for the usual port. Name it "${id}:${place.slice(name.length + 1)}".`,
    ];
  });
}

async function readValue(secret: BuildSecret, env: SourceNeeds['env']): Promise<string> {
  const value = (await readBuildSecret(secret, env)).toString('utf8').trim();
  if (value === '') throw unusable(secret, 'is empty');
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(value)) throw unusable(secret, 'has a control character');
  return value;
}

/** A header that is a user and a password is shown as git shows those: after a redirect to another host, no more. */
function readHeader(header: string): GitSecret {
  const basic = /^basic\s+([a-z0-9+/]+=*)$/i.exec(header)?.[1];
  if (basic === undefined) return { header };
  const user = Buffer.from(basic, 'base64').toString('utf8');
  const colon = user.indexOf(':');
  return colon < 0 ? { header } : { username: user.slice(0, colon), password: user.slice(colon + 1) };
}

function unusable({ id }: BuildSecret, why: string): DockError {
  return new DockError('INVALID_OPTION', `The secret "${id}" ${why}.`, {
    hint: 'Give a token on one line. For another host than that of the source, add it to the ID: GIT_AUTH_TOKEN.git.example.com.',
  });
}
