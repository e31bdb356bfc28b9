import { type BuildSpec, DockError, frontendOf, isImageReference, parseImageReference } from '@dock/core';
import { attestationsOf } from '@dock/core/internal';
import { registryFailureCode } from '@dock/registry';

/** The frontend, or the generator of an SBOM, that a step of BuildKit fetches: `resolve image config for docker.io/docker/dockerfile:1` (Engine 20.10; later with `docker-image://`). */
export function fetchedImage(stepName: string): string | undefined {
  return /^(?:resolve image config for (?:docker-image:\/\/)?|docker-image:\/\/)(\S+)$/.exec(stepName)?.[1];
}

/** What builds fetch in this way, for an error: a frontend that the Dockerfile names; else the generator of an SBOM, where one is asked for. */
type FetchingSpec = Pick<BuildSpec, 'dockerfile'> &
  Partial<Pick<BuildSpec, 'buildArgs' | 'attest' | 'sbom' | 'provenance'>>;

/** An image beside the bases that the builder could not fetch. */
export function fetchFailure(
  image: string,
  message: string,
  spec: FetchingSpec,
  details: Readonly<Record<string, unknown>>,
): DockError {
  const frontend = frontendOf(spec.dockerfile.text, spec.buildArgs ?? {}).image;
  const isFrontend = frontend !== undefined && isSameImage(frontend, image);
  return !isFrontend && attestationsOf(spec).has('sbom')
    ? generatorFailure(image, message, details)
    : frontendFailure(image, message, details);
}

function isSameImage(left: string, right: string): boolean {
  if (!isImageReference(left) || !isImageReference(right)) return left === right;
  const [one, other] = [parseImageReference(left), parseImageReference(right)];
  return one.registry === other.registry && one.repository === other.repository;
}

/** The generator of an SBOM could not be fetched. */
function generatorFailure(image: string, message: string, details: Readonly<Record<string, unknown>>): DockError {
  const code = registryFailureCode('pull', message);
  const registry = isImageReference(image) ? parseImageReference(image).registry : image;
  return new DockError(code, `The builder cannot fetch the generator of the SBOM, "${image}": ${message}.`, {
    hint:
      code === 'AUTH_FAILED'
        ? `Run "docker login ${registry}", or name a generator that the builder may fetch: --sbom=generator=IMAGE.`
        : `Name a generator in a registry that the builder reaches, --sbom=generator=IMAGE, or leave --sbom out.`,
    details: { ...details, generator: image, host: registry },
  });
}

/** A frontend that the engine could not fetch: the build has not begun, and its registry is what to look at. */
function frontendFailure(frontend: string, message: string, details: Readonly<Record<string, unknown>>): DockError {
  const code = registryFailureCode('pull', message);
  const registry = isImageReference(frontend) ? parseImageReference(frontend).registry : frontend;
  const { isKnown } = frontendOf(`# syntax=${frontend}\n`, {});
  const login = isKnown ? '' : ' and set trustFrontend (--trust-frontend), without which it is offered no credentials';
  return new DockError(code, `The engine cannot fetch the frontend "${frontend}" ("# syntax"): ${message}.`, {
    hint:
      code === 'AUTH_FAILED'
        ? `Run "docker login ${registry}"${login}, or check the frontend's name.`
        : `Check the frontend's name, and that the engine reaches registry "${registry}"; without "# syntax" the engine uses the frontend that it has built in.`,
    details: { ...details, frontend, host: registry },
  });
}
