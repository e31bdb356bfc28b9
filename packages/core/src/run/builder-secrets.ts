import type { BuildRequest } from '../contracts/build-request.js';
import type { BuildSpec } from '../contracts/build-spec.js';
import type { BuildSecret } from '../contracts/request-options.js';
import type { WarningDocument } from '../contracts/result.js';
import { type Consumer, consumedInputs, innermost, instructionsOf } from '../dockerfile/consumed-inputs.js';
import { DockError } from '../errors/dock-error.js';
import { readAuthId } from '../source/auth-secrets.js';
import { namedContexts } from '../options/named-context.js';
import { readGitUrl } from '../source/git-url.js';
import { baseTriggers, type LookScope } from './base-triggers.js';
import { basesOfText } from './bases-of-spec.js';

/**
 * A spec with the secrets that its builder may ask for. What counts is the text that will be built, whoever wrote it, and what its bases trigger, where the engine has them.
 *
 * @throws INVALID_OPTION as {@link builderSecrets}
 */
export async function withBuilderSecrets(
  spec: BuildSpec,
  source: BuildRequest['source'],
  scope: LookScope,
  warn: (warning: WarningDocument) => void,
): Promise<BuildSpec> {
  const { secrets = [] } = spec;
  if (!secrets.some(({ id }) => isWithoutHost(id))) return spec;
  const { known } = await baseTriggers(spec, scope);
  const instructions = [...instructionsOf(basesOfText(spec).read), ...known];
  return { ...spec, secrets: builderSecrets({ ...spec, secrets, source }, instructions, warn) };
}

/**
 * The secrets that the builder may ask for. To fetch an ADD (or a named context, which counts as one) from git, BuildKit asks for `GIT_AUTH_TOKEN.<host>` and then for `GIT_AUTH_TOKEN`, whatever the host is, and by http
 * as by https. So one without a host goes to it under the host of the source's URL, for which it is, unless an ADD would show it there by http; under its own name only where
 * a RUN mounts it and no ADD could take it elsewhere.
 *
 * @throws INVALID_OPTION for one that is mounted beside an ADD from another host, or by http
 */
export function builderSecrets(
  {
    secrets,
    source,
    contexts,
  }: Pick<BuildSpec, 'contexts'> & {
    readonly secrets: readonly BuildSecret[];
    readonly source: BuildRequest['source'];
  },
  instructions: readonly Consumer[],
  warn: (warning: WarningDocument) => void,
): readonly BuildSecret[] {
  const own = source.kind === 'git' ? placeOf(source.url) : undefined;
  const host = own?.startsWith(plain) === true ? undefined : own;
  const added = [...new Set([...instructions.flatMap(addedPlaces), ...contextPlaces(contexts)])];
  const elsewhere = added.filter((each) => each !== host);
  const mounted = consumedInputs(instructions).secrets;
  return secrets.flatMap((secret): readonly BuildSecret[] => {
    if (!isWithoutHost(secret.id)) return [secret];
    const isMounted = mounted?.has(secret.id) !== false;
    if (isMounted && elsewhere.length > 0) throw wouldLeave(secret, elsewhere);
    const scoped = `${secret.id}.${host}`;
    const isNew =
      host !== undefined &&
      added.includes(host) &&
      !added.includes(plain + host) &&
      !secrets.some(({ id }) => id === scoped);
    for (const place of elsewhere)
      if (!secrets.some(({ id }) => readAuthId(id)?.host === place.replace(plain, ''))) warn(notGiven(secret, place));
    return [...(isNew ? [{ ...secret, id: scoped }] : []), ...(isMounted ? [secret] : [])];
  });
}

/** Whether a secret is git's and for the host of the source alone. */
function isWithoutHost(id: string): boolean {
  const auth = readAuthId(id);
  return auth !== undefined && auth.host === undefined;
}

function notGiven({ id }: BuildSecret, place: string): WarningDocument {
  if (place.startsWith(plain))
    return {
      message: `The secret "${id}" names no host, and an ADD from ${shown(place)} would show it to the network, so no ADD from that host gets it.`,
      hint: 'Write the ADD with https://, because http shows a secret to the network.',
    };
  return {
    message: `The secret "${id}" names no host, so it is for the host of the source alone, and an ADD from ${shown(place)} does not get it.`,
    hint: `Add the host to its ID, where it is for that host: id=${id}.${place === unknown ? 'HOST' : place}.`,
  };
}

/** For what a variable names. */
const unknown = '$';

/** Before a host that is asked by http: a secret that goes there is shown to the network. */
const plain = 'http://';

function shown(place: string): string {
  return place === unknown ? 'a host that a variable names' : `"${place}"`;
}

/** The host of an https URL, and of an http URL behind {@link plain}; undefined for what the builder shows no such secret. */
function placeOf(url: string): string | undefined {
  const read = readGitUrl(/^github\.com\//.test(url) ? `https://${url}` : url);
  if (read?.scheme === 'https') return read.host;
  return read?.scheme === 'http' ? plain + read.host : undefined;
}

/** The places that an ADD may ask for a git repository, as {@link placeOf} has them. */
function addedPlaces(instruction: Consumer): readonly string[] {
  const { keyword, args, json = args } = innermost(instruction);
  if (keyword !== 'ADD') return [];
  return json.slice(0, -1).flatMap((written) => {
    const word = written.replaceAll(/["']/g, '');
    if (isVariable(word)) return [unknown];
    const place = placeOf(word);
    return place === undefined ? [] : [place];
  });
}

/** The same for named contexts. */
function contextPlaces(contexts: BuildSpec['contexts']): readonly string[] {
  return [...namedContexts(contexts).values()].flatMap((context) =>
    context.kind === 'address' ? (placeOf(context.address) ?? []) : [],
  );
}

/** Whether a variable of a word may say which host it is. */
function isVariable(word: string): boolean {
  const [head = '', ...rest] = word.split('$');
  const mayBegin = ['https://', 'http://', 'github.com/'].some((start) => start.startsWith(head.toLowerCase()));
  return rest.length > 0 && (mayBegin || /^[a-z]+:\/\/[^/]*$/i.test(head));
}

function wouldLeave({ id }: BuildSecret, places: readonly string[]): DockError {
  const where = places.map(shown).join(', ');
  return new DockError(
    'INVALID_OPTION',
    `The secret "${id}" is mounted by a RUN, and the builder would also show it to an ADD from ${where}.`,
    { hint: `Give the mount a secret of another ID, and the ADD one with its host: id=${id}.HOST.` },
  );
}
