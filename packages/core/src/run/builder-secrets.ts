import type { BuildRequest } from '../contracts/build-request.js';
import type { BuildSecret } from '../contracts/request-options.js';
import type { WarningDocument } from '../contracts/result.js';
import { type Consumer, consumedInputs, innermost, instructionsOf } from '../dockerfile/consumed-inputs.js';
import type { Dockerfile } from '../dockerfile/dockerfile.js';
import { DockError } from '../errors/dock-error.js';
import { readAuthId } from '../source/auth-secrets.js';
import { readGitUrl } from '../source/git-url.js';

/**
 * The secrets that the builder may ask for. To fetch an ADD from git, BuildKit asks for `GIT_AUTH_TOKEN.<host>` and then for `GIT_AUTH_TOKEN`, whatever the host is. So one
 * without a host goes to it under the host of the source's URL, for which it is; under its own name only where a RUN mounts it and no ADD could take it elsewhere.
 *
 * @throws INVALID_OPTION for one that is mounted beside an ADD from another host
 */
export function builderSecrets(
  { secrets, source }: Pick<BuildRequest, 'secrets' | 'source'>,
  dockerfile: Pick<Dockerfile, 'globalArgs' | 'stages'>,
  warn: (warning: WarningDocument) => void,
): readonly BuildSecret[] | undefined {
  if (secrets === undefined) return undefined;
  const host = source.kind === 'git' ? httpsHost(source.url) : undefined;
  const instructions = instructionsOf(dockerfile);
  const added = [...new Set(instructions.flatMap(addedHosts))];
  const elsewhere = added.filter((each) => each !== host);
  const mounted = consumedInputs(instructions).secrets;
  return secrets.flatMap((secret): readonly BuildSecret[] => {
    const auth = readAuthId(secret.id);
    if (auth === undefined || auth.host !== undefined) return [secret];
    const isMounted = mounted?.has(secret.id) !== false;
    if (isMounted && elsewhere.length > 0) throw wouldLeave(secret, elsewhere);
    const scoped = `${secret.id}.${host}`;
    const isNew = host !== undefined && added.includes(host) && !secrets.some(({ id }) => id === scoped);
    for (const each of elsewhere)
      if (!secrets.some(({ id }) => readAuthId(id)?.host === each))
        warn({
          message: `The secret "${secret.id}" names no host, so it is for the host of the source alone, and an ADD from ${shown(each)} does not get it.`,
          hint: `Add the host to its ID, where it is for that host: id=${secret.id}.${each === unknown ? 'HOST' : each}.`,
        });
    return [...(isNew ? [{ ...secret, id: scoped }] : []), ...(isMounted ? [secret] : [])];
  });
}

/** For what a variable names. */
const unknown = '$';

function shown(host: string): string {
  return host === unknown ? 'a host that a variable names' : `"${host}"`;
}

function httpsHost(url: string): string | undefined {
  const read = readGitUrl(/^github\.com\//.test(url) ? `https://${url}` : url);
  return read?.scheme.startsWith('http') === true ? read.host : undefined;
}

/** Hosts that an ADD may ask for a git repository. */
function addedHosts(instruction: Consumer): readonly string[] {
  const { keyword, args, json = args } = innermost(instruction);
  if (keyword !== 'ADD') return [];
  return json.slice(0, -1).flatMap((written) => {
    const word = written.replaceAll(/["']/g, '');
    if (word.startsWith('$') || /:\/\/[^/]*\$/.test(word)) return [unknown];
    const host = httpsHost(word);
    return host === undefined ? [] : [host];
  });
}

function wouldLeave({ id }: BuildSecret, hosts: readonly string[]): DockError {
  const where = hosts.map(shown).join(', ');
  return new DockError(
    'INVALID_OPTION',
    `The secret "${id}" is mounted by a RUN, and the builder would also show it to an ADD from ${where}.`,
    { hint: `Give the mount a secret of another ID, and the ADD one with its host: id=${id}.HOST.` },
  );
}
