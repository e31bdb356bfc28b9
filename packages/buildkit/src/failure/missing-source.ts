import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { BuildSpec, Instruction } from '@dock/core';
import { findIgnoreFile, takesFrom } from '@dock/core/internal';

/** What is missing of what an instruction takes, in a sentence, and what to do. */
export interface MissingSource {
  readonly sentence: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** The path that a builder did not find, in its context or stage. */
function missingPath(message: string): string | undefined {
  const quoted = /"\/([^"]*)":? not found/.exec(message)?.[1];
  const podman = /copier: l?stat: "\/([^"]*)": no such file or directory/.exec(message)?.[1];
  const classic = /: (?:l?stat) ([^\s:]+): (?:file does not exist|no such file or directory)/.exec(message)?.[1];
  return quoted ?? podman ?? classic?.replace(/^.*\/docker-builder\d+\//, '').replace(/^\/+/, '');
}

/** Say why a source of COPY, ADD or a mount is not there: the ignore file leaves it out, or nothing has that path. */
export function missingSource(
  message: string,
  instruction: Instruction,
  spec: Pick<BuildSpec, 'contextDir' | 'dockerfile'>,
): MissingSource | undefined {
  const path = missingPath(message);
  if (path === undefined) return undefined;
  const from = takesFrom(instruction);
  if (from !== undefined)
    return {
      sentence: `"${from}" has no "/${path}"`,
      hint: `Look at what is in "${from}": COPY --from takes paths from its root.`,
      details: { missing: path, from },
    };
  const ignore = findIgnoreFile(spec.contextDir, spec.dockerfile.path);
  const by = ignore?.matcher.excludedBy(path);
  if (ignore === undefined || by === undefined)
    return {
      sentence: `the build context has no "${path}"`,
      hint: `Paths of ${instruction.keyword} start from the build context, the directory that is built. Correct the path, or put the file there.`,
      details: { missing: path },
    };
  const file = relative(spec.contextDir, ignore.path);
  const isThere = existsSync(join(spec.contextDir, path));
  return {
    sentence: `line ${by.line ?? '?'} of "${file}" ("${by.text}") leaves "${path}" out of the build context`,
    hint: isThere
      ? `Remove that pattern from "${file}", or write "!${path}" below it.`
      : `Nothing has that path either: put the file there, and write "!${path}" below that pattern of "${file}".`,
    details: {
      missing: path,
      pattern: by.text,
      ignoreFile: file,
      ...(by.line === undefined ? {} : { ignoreLine: by.line }),
    },
  };
}
