import { DockError, frontendOf, isImageReference, parseImageReference } from '@dock/core';
import { registryFailureCode } from '@dock/registry';

/** The frontend that a step of BuildKit fetches: `resolve image config for docker.io/docker/dockerfile:1` (Engine 20.10; later with `docker-image://`). */
export function fetchedFrontend(stepName: string): string | undefined {
  return /^(?:resolve image config for (?:docker-image:\/\/)?|docker-image:\/\/)(\S+)$/.exec(stepName)?.[1];
}

/** A frontend that the engine could not fetch: the build has not begun, and its registry is what to look at. */
export function frontendFailure(
  frontend: string,
  message: string,
  details: Readonly<Record<string, unknown>>,
): DockError {
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
