import type { BuildSpec } from '../contracts/build-spec.js';
import type { WarningDocument } from '../contracts/result.js';
import { nearestWord } from '../config/nearest-word.js';
import {
  type ConsumedInputs,
  type Consumer,
  consumedInputs,
  instructionsOf,
  isBuilderSecret,
  isPredefinedArg,
} from '../dockerfile/consumed-inputs.js';
import { parseDockerfile } from '../dockerfile/parse-dockerfile.js';
import { isDockError } from '../errors/dock-error.js';
import { baseTriggers, type LookScope } from './base-triggers.js';

/** Build arguments and secrets of a spec that nothing takes. */
interface Unused {
  readonly args: readonly string[];
  readonly secrets: readonly string[];
}

/**
 * Warn of build arguments and secrets that nothing in the Dockerfile uses: a name that is written wrong has no other sign. A file that an unknown
 * frontend reads is not judged.
 */
export async function warnUnusedInputs(
  spec: BuildSpec,
  scope: LookScope,
  warn: (warning: WarningDocument) => void,
): Promise<void> {
  const own = readOwn(spec);
  if (own === undefined) return;
  const first = consumedInputs(own);
  if (isEmpty(unusedOf(spec, first))) return;
  // ONBUILD of a base may take them.
  const { known, isWhole } = await baseTriggers(spec, scope);
  const consumed = consumedInputs([...own, ...known]);
  const { args, secrets } = unusedOf(spec, consumed);
  const unless = isWhole ? '' : ', unless an ONBUILD of its base does';
  for (const name of args)
    warn({
      message: `Nothing in the Dockerfile uses the build argument "${name}"${unless}: it has no "ARG ${name}".`,
      hint: hintFor(name, consumed.args, declareHint(name, spec)),
    });
  for (const id of secrets)
    warn({
      message: `Nothing in the Dockerfile uses the secret "${id}"${unless}: no "RUN --mount=type=secret" names it.`,
      hint: hintFor(id, consumed.secrets ?? new Set(), `Write "RUN --mount=type=secret,id=${id} …", or leave it out.`),
    });
}

/** Where an ARG belongs: what a FROM uses is declared above the first one. */
function declareHint(name: string, { dockerfile, buildArgs }: BuildSpec): string {
  const { stages } = parseDockerfile(dockerfile.text, { buildArgs });
  const isUsed = (text: string) => [...text.matchAll(/\$\{?(\w+)/g)].some(([, used]) => used === name);
  return stages.some(({ base, platform = '' }) => isUsed(base) || isUsed(platform))
    ? `Write "ARG ${name}" above the first FROM: only what is declared there can be used in a FROM.`
    : 'Declare it with ARG in the stage that uses it, or leave it out.';
}

function hintFor(name: string, known: ReadonlySet<string>, otherwise: string): string {
  const near = nearestWord(name, [...known]);
  return near === undefined ? otherwise : `Did you mean "${near}"?`;
}

/** The Dockerfile's instructions; undefined when there is nothing to judge, or no way to. */
function readOwn({ buildArgs, secrets = [], dockerfile, builder }: BuildSpec): Consumer[] | undefined {
  if (Object.keys(buildArgs).length + secrets.length === 0) return undefined;
  try {
    const classic = builder === 'classic' ? { builder } : {};
    const read = parseDockerfile(dockerfile.text, { buildArgs, ...classic });
    return read.frontend.isKnown ? instructionsOf(read) : undefined;
  } catch (error) {
    // A plugin put it there; who builds it says what is wrong with it.
    if (isDockError(error)) return undefined;
    throw error;
  }
}

function unusedOf({ buildArgs, secrets = [] }: BuildSpec, consumed: ConsumedInputs): Unused {
  const { args, secrets: mounted } = consumed;
  return {
    args: Object.keys(buildArgs).filter((name) => !args.has(name) && !isPredefinedArg(name)),
    secrets: secrets.map(({ id }) => id).filter((id) => mounted?.has(id) === false && !isBuilderSecret(id)),
  };
}

function isEmpty({ args, secrets }: Unused): boolean {
  return args.length + secrets.length === 0;
}
