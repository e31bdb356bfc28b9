import type { RegistryPort } from '@dock/core';
import { createRegistryCalls, type RegistryClientOptions } from '../client/registry-calls.js';
import { findCredential } from '../credentials/registry-access.js';
import { copyImage } from './copy-image.js';
import { listReferrers, listTags } from './list-content.js';
import { readBlob, readManifestContent, resolveReference } from './read-content.js';
import { mountBlob, putBlob, putManifest } from './write-content.js';

/**
 * The port to registries. Nothing is asked before the first call.
 *
 * @throws INVALID_OPTION when an insecure registry is malformed
 */
export function createRegistryPort(options: RegistryClientOptions): RegistryPort {
  const { credentials, addSecret } = options;
  const calls = createRegistryCalls({
    ...options,
    // What is sent is masked too: a registry may repeat it in its answer.
    credentials: {
      get: async (registry, { signal } = {}) => findCredential({ credentials, addSecret }, registry, signal),
    },
  });
  return {
    resolve: async (reference, call = {}) => resolveReference(calls, reference, call),
    manifest: async (reference, call = {}) => readManifestContent(calls, reference, call),
    blob: async (repository, digest, read, call = {}) => readBlob(calls, repository, digest, read, call),
    putManifest: async (reference, manifest, call = {}) => putManifest(calls, reference, manifest, call),
    putBlob: async (repository, blob, call = {}) => putBlob(calls, repository, blob, call),
    mount: async (repository, digest, from, call = {}) => mountBlob(calls, repository, digest, from, call),
    tags: async (repository, call = {}) => listTags(calls, repository, call),
    referrers: async (subject, call = {}) => listReferrers(calls, subject, call),
    copy: async (from, to, call = {}) => copyImage(calls, from, to, call),
  };
}
