import { csvFields } from './csv-fields.js';

/** What BuildKit can attest. */
const types: ReadonlySet<string> = new Set(['sbom', 'provenance']);

/** How much of a build its provenance tells. */
const modes: ReadonlySet<string> = new Set(['min', 'max']);

/** One attestation that is asked for, or refused. */
export interface Attestation {
  readonly type: string;
  readonly isDisabled: boolean;
  /** Its other attributes, as `mode=max`, in the form of comma-separated values. */
  readonly attributes: string;
}

const booleans: Readonly<Record<string, boolean>> = Object.fromEntries([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false]),
]) as Record<string, boolean>;

/**
 * `type=TYPE[,disabled=BOOL][,KEY=VALUE…]`, as `--attest` of buildx.
 *
 * @returns what is wrong with it, for a text that is none
 */
export function readAttestation(text: string): Attestation | { readonly fault: string } {
  const fields = csvFields(text);
  if (fields === undefined) return { fault: 'has a quote out of place' };
  let type = '';
  let isDisabled = false;
  let mode: string | undefined;
  const others: string[] = [];
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at < 1) return { fault: `has "${field}", which is no "key=value"` };
    const [key, value] = [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1)];
    if (key === 'type') type = value;
    else if (key === 'disabled') {
      const read = booleans[value];
      if (read === undefined) return { fault: `has "disabled=${value}", which is neither true nor false` };
      isDisabled = read;
    } else {
      if (key === 'mode') mode = value;
      others.push(quoted(`${key}=${value}`));
    }
  }
  if (!types.has(type)) return { fault: `has the type "${type}"; there are ${[...types].join(', ')}` };
  if (type === 'provenance' && mode !== undefined && !modes.has(mode))
    return { fault: `has the mode "${mode}"; there are ${[...modes].join(', ')}` };
  return { type, isDisabled, attributes: others.join(',') };
}

/** The value of `sbom` or `provenance` as an entry of `attest` (docker/buildx, `CanonicalizeAttest`). */
export function attestText(type: 'sbom' | 'provenance', value: boolean | string): string {
  const is = typeof value === 'boolean' ? value : booleans[value];
  return is === undefined ? `type=${type},${String(value)}` : `type=${type},disabled=${String(!is)}`;
}

/** The attestations that a build makes, by type: off unless asked for. The last word on a type counts, and `sbom` and `provenance` come after `attest`. */
export function attestationsOf(asked: {
  readonly attest?: readonly string[] | undefined;
  readonly sbom?: boolean | string | undefined;
  readonly provenance?: boolean | string | undefined;
}): ReadonlyMap<string, string> {
  const texts = [
    ...(asked.attest ?? []),
    ...(asked.sbom === undefined ? [] : [attestText('sbom', asked.sbom)]),
    ...(asked.provenance === undefined ? [] : [attestText('provenance', asked.provenance)]),
  ];
  const found = new Map<string, string>();
  for (const text of texts) {
    const read = readAttestation(text);
    if ('fault' in read) continue;
    if (read.isDisabled) found.delete(read.type);
    else found.set(read.type, read.attributes);
  }
  return found;
}

function quoted(field: string): string {
  return /[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
