import type { BuildRequest } from '../contracts/build-request.js';
import type { BaseImage, BuildSpec, TargetReference } from '../contracts/build-spec.js';
import type { Checkout } from '../contracts/checkout.js';
import type { WarningDocument } from '../contracts/result.js';
import { builderSecrets } from './builder-secrets.js';
import { specOptions } from '../options/spec-options.js';
import { parseDockerfile } from '../dockerfile/parse-dockerfile.js';
import { resolveBases } from '../dockerfile/resolve-bases.js';
import { readDockerfile } from '../source/read-dockerfile.js';

/**
 * What the build is asked to do before any plugin has a say: the Dockerfile read and its bases resolved.
 *
 * @throws INVALID_OPTION, DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID, DOCKERFILE_SYNTAX, PATH_ESCAPES_REPO
 */
export async function prepareSpec(
  request: BuildRequest,
  checkout: Checkout,
  references: readonly TargetReference[],
  warn: (warning: WarningDocument) => void,
): Promise<BuildSpec> {
  const dockerfile = await readDockerfile(checkout, request.dockerfile);
  const buildArgs = request.buildArgs ?? {};
  const builder = request.builder === 'classic' ? { builder: request.builder } : {};
  const parsed = parseDockerfile(dockerfile.text, { path: dockerfile.path, buildArgs, ...builder });
  const { bases, warnings } = resolveBases(parsed, {
    buildArgs,
    ...builder,
    ...(request.target === undefined ? {} : { target: request.target }),
    ...(request.platforms?.[0] === undefined ? {} : { targetPlatform: request.platforms[0] }),
  });
  const secrets = builderSecrets(request, parsed, warn);
  for (const message of warnings) warn({ message });
  return {
    contextDir: checkout.contextDir,
    dockerfile: { path: dockerfile.path, text: dockerfile.text },
    bases: bases.flatMap((base): BaseImage[] =>
      base.reference === undefined || !base.isUsed
        ? []
        : [{ use: base.use, text: base.text, reference: base.reference, line: base.line }],
    ),
    references,
    ...specOptions({ ...request, ...(secrets === undefined ? {} : { secrets }) }),
  };
}
