import { DockError, type ImageReference } from '@dock/core';
import type { Exchange } from './http-exchange.js';
import { isRegistryHost } from './insecure-registries.js';
import { isDigest } from './oci-schema.js';
import type { AccessRequest } from './registry-authorization.js';
import { refusal } from './registry-error.js';
import type { RegistrySession } from './registry-session.js';

const repositoryPattern = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** @throws INVALID_IMAGE_NAME */
export function checkRegistry(registry: string): void {
  if (!isRegistryHost(registry))
    throw new DockError('INVALID_IMAGE_NAME', `${JSON.stringify(registry)} is not a registry host.`);
}

/** The last part of a manifest's path. It goes into a URL, so it is checked here again. */
export function manifestTarget({ registry, repository, tag, digest }: ImageReference): {
  target: string;
  subject: string;
} {
  checkRegistry(registry);
  const target = digest ?? tag ?? 'latest';
  const isTarget = digest === undefined ? tagPattern.test(target) : isDigest(digest);
  if (!repositoryPattern.test(repository) || repository.length > 255 || !isTarget)
    throw new DockError(
      'INVALID_IMAGE_NAME',
      `${JSON.stringify(`${registry}/${repository}`)} with ${JSON.stringify(target)} is not an image reference.`,
    );
  return { target, subject: `"${repository}${digest === undefined ? ':' : '@'}${target}"` };
}

/** The right to read a repository. */
export function pullAccess({ registry, repository }: ImageReference, subject: string): AccessRequest {
  return { registry, subject, scope: `repository:${repository}:pull`, prefersChallengeScope: true };
}

/** Throws for every answer but 200; 404 is `false`. */
export function isFound(answer: Exchange, session: RegistrySession, access: AccessRequest): boolean {
  const { status } = answer;
  if (status === 200) return true;
  if (status === 404) return false;
  throw refusal(answer, access, session.authorization()?.credential);
}

/** A header that is there once. */
export function headerText(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
