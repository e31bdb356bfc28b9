import { expect } from '@jest/globals';
import {
  familiarImageReference,
  familiarRepositoryName,
  formatImageReference,
  isDockError,
  isImageReference,
  matchesImagePattern,
  parseImageIdOrReference,
  parseImageReference,
  repositoryName,
  withDefaultTag,
  withDigest,
  withTag,
} from '../../src/index.js';
import { digestFault } from '../../src/reference/digest.js';
import {
  digestRule,
  domainRule,
  identifierRule,
  nameRule,
  printReference,
  readName,
  readReference,
  referenceRule,
  tagRule,
} from '../../src/reference/grammar.js';
import { field, inputText, text, type CaseRunner, type FileRunners, type VectorCase } from './vector-file.js';

/** Upstream's error constants and our names of the same rules. */
const rules: Readonly<Record<string, string>> = {
  ErrNameEmpty: 'empty',
  ErrNameContainsUppercase: 'uppercase',
  ErrReferenceInvalidFormat: 'format',
  ErrNameTooLong: 'too-long',
  ErrDigestInvalidLength: 'digest-length',
  ErrDigestUnsupported: 'digest-unsupported',
  ErrDigestInvalidFormat: 'digest-format',
};

function fault(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    if (isDockError(error)) return error.code;
    throw error;
  }
  return undefined;
}

const parsesAsWritten: CaseRunner = (one) => {
  const input = inputText(one);
  const read = readReference(input);
  const error = field(one.expected, 'error');
  if (typeof error === 'string') {
    expect(read).toBe(rules[error]);
    return;
  }
  if (typeof read === 'string') throw new Error(`refused by the rule "${read}"`);
  const name = read.domain === undefined ? read.path : `${read.domain}/${read.path}`;
  expect(name).toBe(text(one.expected, 'repository') || text(one.expected, 'name'));
  if (field(one.expected, 'domain') !== undefined) expect(read.domain ?? '').toBe(text(one.expected, 'domain'));
  expect(read.tag ?? '').toBe(text(one.expected, 'tag'));
  expect(read.digest ?? '').toBe(text(one.expected, 'digest'));
  expect(printReference(name, read.tag, read.digest)).toBe(input);
};

const isNormalisable: CaseRunner = (one) => {
  expect(isImageReference(inputText(one))).toBe(field(one.expected, 'ok'));
};

const addsPart: CaseRunner = ({ input, expected }) => {
  const name = text(input, 'name');
  const tag = text(input, 'tag');
  const digest = text(input, 'digest');
  expect(typeof readName(name)).toBe('object');
  if (tag !== '') expect(tag).toMatch(tagRule);
  if (digest !== '') expect(digest).toMatch(digestRule);
  expect(printReference(name, tag || undefined, digest || undefined)).toBe(expected);
};

const splitsNormalised = (one: VectorCase): void => {
  const { registry, repository } = parseImageReference(inputText(one));
  expect({ domain: registry, path: repository }).toEqual(one.expected);
};

const splitsName: CaseRunner = (one) => {
  const name = readName(inputText(one));
  if (typeof name === 'string') throw new Error(`refused by the rule "${name}"`);
  expect({ domain: name.domain ?? '', path: name.path }).toEqual({
    domain: text(one.expected, 'domain'),
    path: text(one.expected, 'path'),
  });
};

/** Runners for `reference.json` (distribution/reference). */
export const referenceRunners: FileRunners = {
  Parse: parsesAsWritten,
  Field_serialization: parsesAsWritten,
  WithName_failure: (one) => {
    expect(typeof readName(inputText(one))).toBe('string');
  },
  WithName_domain_path: splitsName,
  WithTag: addsPart,
  WithDigest: addsPart,
  ParseNamed: (one) => {
    const input = inputText(one);
    if (field(one.expected, 'error') === undefined) splitsNormalised(one);
    const isCanonical = isImageReference(input) && formatImageReference(parseImageReference(input)) === input;
    expect(isCanonical).toBe(field(one.expected, 'error') === undefined);
  },
  ParseNormalizedNamed_reference_name: isNormalisable,
  ParseNormalizedNamed_remote_name: isNormalisable,
  ParseNormalizedNamed_info: (one) => {
    const reference = parseImageReference(inputText(one));
    expect({
      familiarName: familiarRepositoryName(reference),
      fullName: repositoryName(reference),
      domain: reference.registry,
      path: reference.repository,
    }).toEqual(one.expected);
  },
  ParseNormalizedNamed_tag_and_digest: (one) => {
    const reference = parseImageReference(inputText(one));
    expect({ string: formatImageReference(reference), familiarString: familiarImageReference(reference) }).toEqual(
      one.expected,
    );
  },
  Invalid_components: ({ input }) => {
    const arg = text(input, 'arg');
    const busybox = parseImageReference('busybox');
    const calls: Readonly<Record<string, () => unknown>> = {
      ParseNormalizedNamed: () => parseImageReference(arg),
      WithTag: () => withTag(busybox, arg),
      WithDigest: () => withDigest(busybox, arg),
    };
    const call = calls[text(input, 'fn')];
    if (call === undefined) throw new Error('an unknown function');
    expect(fault(call)).toBe('INVALID_IMAGE_NAME');
  },
  ParseAnyReference: (one) => {
    const read = parseImageIdOrReference(inputText(one));
    const isDigestReference = 'id' in read;
    expect({ string: 'id' in read ? read.id : formatImageReference(read.reference), isDigestReference }).toEqual(
      one.expected,
    );
  },
  Normalized_domain_path: splitsNormalised,
  FamiliarMatch: ({ input, expected }) => {
    const match = (): boolean =>
      matchesImagePattern(text(input, 'pattern'), parseImageReference(text(input, 'reference')));
    if (typeof expected === 'boolean') expect(match()).toBe(expected);
    else expect(fault(match)).toBe('INVALID_OPTION');
  },
  ParseDockerRef: (one) => {
    const { tag, ...reference } = parseImageReference(inputText(one));
    const isTagged = tag !== undefined && reference.digest === undefined;
    expect(formatImageReference(withDefaultTag(isTagged ? { ...reference, tag } : reference))).toBe(one.expected);
  },
  Domain_regexp: (one) => {
    expect(domainRule.test(inputText(one))).toBe(field(one.expected, 'match'));
  },
  FullName_regexp: (one) => {
    const match = nameRule.exec(inputText(one));
    expect(match !== null).toBe(field(one.expected, 'match'));
    const subs = field(one.expected, 'subs');
    if (subs !== undefined) expect(match?.slice(1).map((part: string | undefined) => part ?? '')).toEqual(subs);
  },
  Reference_regexp: (one) => {
    const match = referenceRule.exec(inputText(one));
    expect(match !== null).toBe(field(one.expected, 'match'));
    const subs = field(one.expected, 'subs');
    if (subs !== undefined) expect(match?.slice(1).map((part: string | undefined) => part ?? '')).toEqual(subs);
  },
  Identifier_regexp: (one) => {
    expect(identifierRule.test(inputText(one))).toBe(field(one.expected, 'match'));
  },
};

/** Runners for `digest.json` (opencontainers/go-digest). */
export const digestRunners: FileRunners = {
  Parse: (one) => {
    const input = inputText(one);
    const error = field(one.expected, 'error');
    if (typeof error === 'string') {
      expect(digestFault(input)).toBe(rules[error]);
      return;
    }
    expect(digestFault(input)).toBeUndefined();
    expect(input).toBe(`${text(one.expected, 'algorithm')}:${text(one.expected, 'encoded')}`);
  },
};
