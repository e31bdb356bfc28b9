import { DockError } from '../errors/dock-error.js';

/** A content digest in its two halves. */
export interface Digest {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  /** Lower-case hex of the full length of the algorithm. */
  readonly encoded: string;
}

/** Which rule a text breaks: the shape `algorithm:encoded`, an algorithm nobody verifies, or the number of hex digits. */
export type DigestFault = 'digest-format' | 'digest-unsupported' | 'digest-length';

const hexLengths: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);
const shape = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/** The rule that a digest breaks, or undefined for a good one. Rules: OCI image specification, "Digests". */
export function digestFault(text: string): DigestFault | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0 || colon === text.length - 1) return 'digest-format';
  const expected = hexLengths.get(text.slice(0, colon));
  if (expected === undefined) return shape.test(text) ? 'digest-unsupported' : 'digest-format';
  const encoded = text.slice(colon + 1);
  if (encoded.length !== expected) return 'digest-length';
  return /^[a-f0-9]+$/.test(encoded) ? undefined : 'digest-format';
}

/** Whether a text is a complete digest of a supported algorithm (sha256, sha384, sha512). */
export function isDigest(text: string): boolean {
  return digestFault(text) === undefined;
}

const sentences = {
  'digest-format': 'is not of the form "algorithm:hex" in lower case',
  'digest-unsupported': 'uses an algorithm other than sha256, sha384 and sha512',
  'digest-length': 'has the wrong number of hex digits',
} as const satisfies Record<DigestFault, string>;

/** What is wrong with a digest, to stand after `the digest "…"`. */
export function digestFaultSentence(fault: DigestFault, text: string): string {
  if (fault !== 'digest-length') return sentences[fault];
  const [algorithm = '', encoded = ''] = text.split(':', 2);
  return `${sentences[fault]} (${encoded.length} instead of ${hexLengths.get(algorithm) ?? 64})`;
}

/**
 * Splits a digest.
 * @throws INVALID_IMAGE_NAME
 */
export function parseDigest(text: string): Digest {
  const fault = digestFault(text);
  if (fault !== undefined) {
    throw new DockError('INVALID_IMAGE_NAME', `The digest "${text}" ${digestFaultSentence(fault, text)}.`, {
      hint: 'Use a full digest such as sha256: followed by 64 lower-case hex digits.',
      details: { rule: fault, part: text },
    });
  }
  const colon = text.indexOf(':');
  // digestFault has just compared the algorithm with the table that this union names
  return { algorithm: text.slice(0, colon) as Digest['algorithm'], encoded: text.slice(colon + 1) };
}
