import { resolve } from 'node:path';
import type { BuildRequest } from '../contracts/build-request.js';
import type { BuildSpec, TargetReference } from '../contracts/build-spec.js';
import type { Checkout } from '../contracts/checkout.js';
import type { WarningDocument } from '../contracts/result.js';
import { checkedOptions } from '../options/check-options.js';
import { specOptions } from '../options/spec-options.js';
import { takeDockerfile } from '../source/read-dockerfile.js';
import { withOptionPaths } from '../options/option-paths.js';
import { basesOfText } from './bases-of-spec.js';

/** What preparing a spec needs. */
export interface PrepareScope {
  /** What relative paths of options are relative to. */
  readonly cwd: string;
  readonly warn: (warning: WarningDocument) => void;
}

/**
 * What the build is asked to do before any plugin has a say: the Dockerfile read and its bases resolved.
 *
 * @throws INVALID_OPTION, DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID, DOCKERFILE_SYNTAX, PATH_ESCAPES_REPO
 */
export async function prepareSpec(
  asked: BuildRequest,
  checkout: Checkout,
  references: readonly TargetReference[],
  { cwd, warn }: PrepareScope,
): Promise<BuildSpec> {
  const request = withOptionPaths(await checkedOptions(asked), (path) => resolve(cwd, path));
  const dockerfile = await takeDockerfile(checkout, request);
  const spec = {
    contextDir: checkout.contextDir,
    dockerfile: { path: dockerfile.path, text: dockerfile.text },
    references,
    ...specOptions(request),
  };
  const { bases, warnings } = basesOfText(spec);
  for (const message of warnings) warn({ message });
  return { ...spec, bases };
}
