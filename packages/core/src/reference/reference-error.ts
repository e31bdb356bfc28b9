import { DockError } from '../errors/dock-error.js';
import { digestFault, digestFaultSentence } from './digest.js';
import {
  componentRule,
  domainRule,
  identifierRule,
  readReference,
  repositoryLengthLimit,
  tagRule,
  textLengthLimit,
  type ReferenceFault,
} from './grammar.js';
import { officialNamespace, splitRegistry } from './normalise.js';

interface Diagnosis {
  readonly rule: ReferenceFault;
  /** What is wrong, to stand after the name. */
  readonly sentence: string;
  /** The offending part of the text. */
  readonly part: string;
  readonly hint?: string;
}

/** Cuts a text for a message. */
function short(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function diagnoseTag(tag: string): Diagnosis | undefined {
  if (tagRule.test(tag)) return undefined;
  const fault = (sentence: string): Diagnosis => ({ rule: 'format', part: tag, sentence });
  if (tag === '')
    return {
      ...fault('has a ":" with no tag after it'),
      part: ':',
      hint: 'Write a tag after the colon, or leave the colon out.',
    };
  if (tag.length > 128) return fault(`has a tag of ${tag.length} characters; the limit is 128`);
  const bad = /[^A-Za-z0-9_.-]/.exec(tag)?.[0];
  if (bad === undefined)
    return fault(
      `has the tag "${short(tag)}", which starts with "${tag.charAt(0)}"; a tag starts with a letter, a digit or "_"`,
    );
  return fault(
    `has the tag "${short(tag)}", in which "${bad}" is not allowed; a tag has letters, digits, "_", "." and "-"`,
  );
}

function diagnosePath(path: string): Diagnosis | undefined {
  if (path !== path.toLowerCase()) {
    return { rule: 'uppercase', part: path, sentence: `has upper-case letters in the repository "${short(path)}"` };
  }
  const wrong = path.split('/').find((one) => !componentRule.test(one));
  if (wrong === '')
    return { rule: 'format', part: path, sentence: `has an empty part in the repository "${short(path)}"` };
  if (wrong !== undefined) {
    const bad = /[^a-z0-9._-]/.exec(wrong)?.[0];
    const why =
      bad === undefined
        ? 'starts or ends with a separator, or has two where one is allowed'
        : `has the character "${bad}"`;
    return {
      rule: 'format',
      part: wrong,
      sentence: `has the part "${short(wrong)}", which ${why}; a part is letters a-z and digits, joined by ".", "_", "__" or dashes`,
    };
  }
  if (path.length > repositoryLengthLimit) {
    return {
      rule: 'too-long',
      part: path,
      sentence: `has a repository of ${path.length} characters; the limit is ${repositoryLengthLimit}`,
    };
  }
  return undefined;
}

/** A hint that names a corrected text, when that is a reference. */
function hintFor(candidate: string): { readonly hint?: string } {
  return typeof readReference(candidate) === 'string' ? {} : { hint: `Write "${candidate}".` };
}

function diagnose(text: string): Diagnosis {
  if (text === '') return { rule: 'empty', part: '', sentence: 'is empty' };
  if (text.length > textLengthLimit)
    return { rule: 'too-long', part: short(text), sentence: `has ${text.length} characters` };
  if (identifierRule.test(text)) {
    return {
      rule: 'identifier',
      part: text,
      sentence: 'is 64 hex digits, which is an image ID and not a name',
      hint: `Write "docker.io/library/${text}" if a repository really has this name.`,
    };
  }
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(text)?.[0];
  if (scheme !== undefined) {
    return {
      rule: 'format',
      part: scheme,
      sentence: `starts with the scheme "${scheme}"`,
      ...hintFor(text.slice(scheme.length).replace(/\/+$/, '')),
    };
  }
  const space = /\s/.exec(text);
  if (space !== null) {
    return {
      rule: 'format',
      part: space[0],
      sentence: `has white space at position ${space.index + 1}`,
      ...hintFor(text.trim()),
    };
  }

  const at = text.indexOf('@');
  const named = at === -1 ? text : text.slice(0, at);
  if (named === '') return { rule: 'format', part: text, sentence: 'has no name before the "@"' };
  const { registry, remainder } = splitRegistry(named);
  const colon = remainder.indexOf(':');
  const path = colon === -1 ? remainder : remainder.slice(0, colon);
  if (path === '' || path === officialNamespace) return { rule: 'format', part: text, sentence: 'names no repository' };
  if (!domainRule.test(registry)) {
    return {
      rule: 'format',
      part: registry,
      sentence: `has the registry "${short(registry)}", which is not a host name (ASCII letters, digits, dots and dashes; IPv6 in brackets) with an optional port`,
    };
  }
  const pathFault = diagnosePath(path);
  if (pathFault?.rule === 'uppercase') {
    const written = named.endsWith(remainder) ? remainder : remainder.slice(officialNamespace.length);
    const end = colon === -1 ? text.length : named.length - (remainder.length - colon);
    const start = named.length - written.length;
    return { ...pathFault, ...hintFor(text.slice(0, start) + text.slice(start, end).toLowerCase() + text.slice(end)) };
  }
  if (pathFault !== undefined) return pathFault;
  const tagFault = colon === -1 ? undefined : diagnoseTag(remainder.slice(colon + 1));
  if (tagFault !== undefined) return tagFault;
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const fault = digest === undefined ? undefined : digestFault(digest);
  if (digest !== undefined && fault !== undefined) {
    return {
      rule: fault,
      part: digest,
      sentence: `has the digest "${short(digest)}", which ${digestFaultSentence(fault, digest)}`,
      hint: 'Use the full digest: sha256: and 64 lower-case hex digits.',
    };
  }
  return { rule: 'format', part: text, sentence: 'breaks the grammar of image references' };
}

/** A user and perhaps a password in front of a host, as in a URL: what follows the `@` is a place, not a digest. */
const credentials = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/(?=[^/@\s]+@)|(?=[^/@\s]+@[^@]*\/))[^/@\s]+@/;

/** A name without what stands for credentials in it. */
function shownName(text: string): string {
  return short(text.replace(credentials, '$1***@'));
}

/** The error for a text that is not a reference: names the broken rule and the offending part. */
export function invalidReference(text: string): DockError {
  if (credentials.test(text)) {
    return new DockError('INVALID_IMAGE_NAME', `The image name "${shownName(text)}" has credentials before the "@".`, {
      hint: 'Leave them out of the name: dock takes the credentials that "docker login" has stored.',
      details: { rule: 'format', part: '@' },
    });
  }
  const { rule, part, sentence, hint } = diagnose(text);
  return new DockError('INVALID_IMAGE_NAME', `The image name "${short(text)}" ${sentence}.`, {
    ...(hint === undefined ? {} : { hint }),
    details: { rule, part },
  });
}
