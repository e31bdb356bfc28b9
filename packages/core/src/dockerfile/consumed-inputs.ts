import { basename } from 'node:path/posix';
import type { Dockerfile, Instruction } from './dockerfile.js';
import { mountFields } from './mount-fields.js';
import { platformArgNames } from './platform-args.js';
import { flagValues } from './stages.js';

/** An instruction, or what an ONBUILD triggers. */
export type Consumer = Pick<Instruction, 'keyword' | 'flags' | 'args' | 'json'> & { readonly trigger?: Consumer };

/** What a Dockerfile takes from those who build it. */
export interface ConsumedInputs {
  /** Names that an ARG declares. */
  readonly args: ReadonlySet<string>;
  /** IDs that a `RUN --mount=type=secret` names; undefined when one of them is a variable. */
  readonly secrets: ReadonlySet<string> | undefined;
}

/** Build arguments that work without an ARG: proxies in both spellings, and those that are meant for the builder. */
const predefinedArgs: ReadonlySet<string> = new Set([
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
  ...platformArgNames('TARGET'),
  ...platformArgNames('BUILD'),
  'TARGETSTAGE',
  'SOURCE_DATE_EPOCH',
]);

/** Whether a build argument has a meaning of its own. */
export function isPredefinedArg(name: string): boolean {
  return predefinedArgs.has(name) || name.startsWith('BUILDKIT_');
}

/** Whether a secret is one that BuildKit itself looks for, to fetch what an ADD names. */
export function isBuilderSecret(id: string): boolean {
  return /^(?:GIT|HTTP)_AUTH_(?:TOKEN|HEADER)(?:[._].+)?$/.test(id);
}

/** Every instruction of a Dockerfile, those that a stage is not built from too: what is declared anywhere is no slip of the pen. */
export function instructionsOf({ globalArgs, stages }: Pick<Dockerfile, 'globalArgs' | 'stages'>): Consumer[] {
  return [...globalArgs, ...stages.flatMap(({ instructions }) => instructions)];
}

/** What instructions declare or mount. */
export function consumedInputs(instructions: readonly Consumer[]): ConsumedInputs {
  const args = new Set<string>();
  const secrets = new Set<string>();
  let isKnown = true;
  for (const instruction of instructions) {
    const { keyword, flags, args: words } = innermost(instruction);
    if (keyword === 'ARG') for (const word of words) args.add(argName(word));
    if (keyword !== 'RUN') continue;
    for (const mount of flagValues({ flags }, 'mount')) {
      const id = secretId(mount);
      if (id?.includes('$') === true) isKnown = false;
      else if (id !== undefined) secrets.add(id);
    }
  }
  return { args, secrets: isKnown ? secrets : undefined };
}

/** What an instruction triggers in the end: itself, but for ONBUILD. */
export function innermost(instruction: Consumer): Consumer {
  let inner = instruction;
  while (inner.trigger !== undefined) inner = inner.trigger;
  return inner;
}

/** `ARG NAME`, `ARG NAME=value`, `ARG "NAME=value"`. */
function argName(word: string): string {
  return (word.split('=', 1)[0] ?? word).replaceAll(/["']/g, '');
}

/** The secret that a mount takes: its `id`, else the last part of where it is mounted. Rule: BuildKit's `dispatchSecret`. */
function secretId(mount: string): string | undefined {
  const fields = mountFields(mount);
  if (fields.get('type')?.toLowerCase() !== 'secret') return undefined;
  const target = fields.get('target') ?? fields.get('dst') ?? fields.get('destination') ?? '';
  return fields.get('id') ?? basename(target);
}
