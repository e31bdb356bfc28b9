/** Why a registry does not take a push, and what a person does about it. */
export interface Refusal {
  readonly hint: string;
}

/**
 * A code of the registry's own error document, as moby words it. moby passes these words on for a status below 500 alone, so whatever stands
 * behind them was decided, not lost.
 */
const refusing =
  /(?:^|: )(?:denied|unauthorized|unknown|unsupported|(?:name|tag|manifest|size) invalid|name unknown|manifest unverified): /i;

/** Engine 28 with the containerd store passes on the words of that document without its code, for every status: only words that name a decision tell one. */
const withoutCode = /(?:^|: )error from registry: /i;
const aboutRate = /too ?many ?requests|\brate\b/i;

/** Engine 26 with the containerd store passes on the status alone. To who sent no credentials it is no word about an account: a registry that wants one says 401. */
const withoutReason = /unexpected status from (?:POST|PUT|PATCH) request to \S+: 403\b/i;
const reasonLost =
  'The registry answered 403, and this engine passes on no reason: it may be a quota, a policy, or an account that is missing. The log of the registry tells it.';

/** Kinds of refusals whose words say more than their code: registries use the codes freely. First match wins. */
const kinds: readonly (Refusal & { readonly pattern: RegExp; readonly needsCredentials?: true })[] = [
  {
    pattern:
      /quota|storage (?:resource|limit|space)|(?:upper|size|storage) limit|limit exceeded|exceeds? the (?:configured|maximum|allowed)|insufficient storage|no space left/i,
    hint: 'The registry has no room left for this repository: delete old tags there, or ask for a larger quota. The login is not the reason.',
  },
  {
    pattern:
      /immutable|cannot be overwritten|can't be overwritten|not allow(?:ed)? (?:updating|to (?:update|overwrite)|overwrit)|already exists|overwriting|redeploy|protected tag|tag .* is protected/i,
    hint: 'The name is taken, and the registry does not let it move: publish under a new tag.',
  },
  {
    pattern:
      /name unknown|(?:repository|project|namespace|registry)\b.{0,200}?(?:does not exist|not exist|not found|not known|could not be found)/i,
    hint: 'Create the repository (or its project) in the registry first, or check the name: this registry makes none by a push.',
  },
  {
    pattern:
      /not authorized to perform|permission|privilege|insufficient (?:scopes?|rights|access)|required scopes?|token scopes?|expected scopes?|(?:have|has|lacks?|without|missing) .{0,60}?(?:access|rights?|role)\b|not allowed to push|read[- ]only/i,
    needsCredentials: true,
    hint: 'The registry knows the account, and the account lacks the right to push there: ask for it, or use an account that has it.',
  },
];

/** Words about the account alone: then the code AUTH_FAILED says what to do. */
const aboutTheAccount = /denied|forbidden|unauthori[sz]ed|authentication/i;

/**
 * The refusal that the engine's words tell, beside what the account is: an anonymous client is refused as one that is not logged in, whatever
 * right it lacks.
 */
export function readRefusal(message: string, hasCredentials: boolean): Refusal | undefined {
  if (!hasCredentials && withoutReason.test(message)) return { hint: reasonLost };
  const hasCode = refusing.test(message);
  if (!hasCode && (!withoutCode.test(message) || aboutRate.test(message))) return undefined;
  if (!hasCredentials && /(?:^|: )unauthorized: /i.test(message)) return undefined;
  const kind = kinds.find(
    ({ pattern, needsCredentials }) => pattern.test(message) && (needsCredentials !== true || hasCredentials),
  );
  if (kind !== undefined) return { hint: kind.hint };
  if (!hasCode || aboutTheAccount.test(message)) return undefined;
  return { hint: "Read the registry's message; its policy or a limit said no." };
}
