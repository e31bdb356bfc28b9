import { digestFault, type DigestFault } from './digest.js';

/*
 * The grammar of distribution/reference v0.6. Hosts are ASCII (punycode is the user's business); the length limit
 * of 255 counts the repository path only.
 */
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const remoteName = `${component}(?:/${component})*`;
const domainLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainAndPort = `(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

/** A reference in its parts: name, tag, digest. */
export const referenceRule: RegExp = new RegExp(
  `^((?:${domainAndPort}/)?${remoteName})(?::(${tag}))?(?:@(${digest}))?$`,
);
/** A name in its parts: domain, path. */
export const nameRule: RegExp = new RegExp(`^(?:(${domainAndPort})/)?(${remoteName})$`);

/** Whether a text is `host[:port]`. */
export const domainRule: RegExp = new RegExp(`^${domainAndPort}$`);
/** Whether a text is one component of a repository path. */
export const componentRule: RegExp = new RegExp(`^${component}$`);
/** Whether a text is a tag. */
export const tagRule: RegExp = new RegExp(`^${tag}$`);
/** Whether a text has the outer shape of a digest; its length is checked by `digestFault`. */
export const digestRule: RegExp = new RegExp(`^${digest}$`);
/** Whether a text is an image ID rather than a name: 64 lower-case hex digits. */
export const identifierRule: RegExp = /^[a-f0-9]{64}$/;

/** Longest repository path in characters. */
export const repositoryLengthLimit = 255;
/** Longest text that is looked at at all, in characters; far above anything valid. */
export const textLengthLimit = 4096;

/** A rule of the grammar that a text breaks. */
export type ReferenceFault = 'empty' | 'uppercase' | 'format' | 'too-long' | 'identifier' | DigestFault;

/** A name as it was written: the first component is a domain wherever it can be one. */
export interface RawName {
  readonly domain?: string;
  readonly path: string;
}

/** A reference as it was written, nothing added or folded. */
export interface RawReference extends RawName {
  readonly tag?: string;
  readonly digest?: string;
}

/** Splits `domain/path`; the rule it breaks when it is none. */
export function readName(text: string): RawName | ReferenceFault {
  const match = text.length > textLengthLimit ? null : nameRule.exec(text);
  if (match === null) return 'format';
  const [, domain, path = ''] = match;
  if (path.length > repositoryLengthLimit) return 'too-long';
  return { ...(domain === undefined ? {} : { domain }), path };
}

/** Splits a reference without normalising it; the rule it breaks when it is none. */
export function readReference(text: string): RawReference | ReferenceFault {
  if (text === '') return 'empty';
  if (text.length > textLengthLimit) return 'too-long';
  const match = referenceRule.exec(text);
  if (match === null) return referenceRule.test(text.toLowerCase()) ? 'uppercase' : 'format';
  const [, nameText = '', tagText, digestText] = match;
  const name = readName(nameText);
  if (typeof name === 'string') return name;
  const fault = digestText === undefined ? undefined : digestFault(digestText);
  if (fault !== undefined) return fault;
  return {
    ...name,
    ...(tagText === undefined ? {} : { tag: tagText }),
    ...(digestText === undefined ? {} : { digest: digestText }),
  };
}

/** Writes the parts of a reference in their order. */
export function printReference(name: string, tagText: string | undefined, digestText: string | undefined): string {
  return `${name}${tagText === undefined ? '' : `:${tagText}`}${digestText === undefined ? '' : `@${digestText}`}`;
}
