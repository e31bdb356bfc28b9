import { isDockError } from '@dock/core';
import type { CredentialStore } from '../credentials/credential-store.js';
import { CallersFailure } from './callers-failure.js';
import { trustAlso } from './http-exchange.js';
import { parseInsecureRegistries } from './insecure-registries.js';
import {
  ClosedOrigins,
  openSession,
  type RegistrySession,
  type RegistrySettings,
  withDeadline,
} from './registry-session.js';

/** What asking registries needs. */
export interface RegistryClientOptions {
  readonly credentials: CredentialStore;
  /** Hosts, `host:port` or networks that may be spoken to over http or unverified https; loopback always may. */
  readonly insecureRegistries?: readonly string[];
  /** CA certificates (PEM) beside Node's own roots. */
  readonly ca?: string | readonly string[];
  /** Deadline of one whole call with its token requests, ms. @default 30000 */
  readonly timeoutMs?: number;
  /** Called with every access token before it is used, so that it can be masked. */
  readonly addSecret?: (secret: string) => void;
}

/** Options of one call. */
export interface RegistryCallOptions {
  readonly signal?: AbortSignal;
  /** Deadline of this call, ms. @default the client's */
  readonly timeoutMs?: number;
}

/** One call after the other to registries, with what they share: schemes that work, origins out of reach. */
export interface RegistryCalls {
  /** Do something with one registry under one deadline; a timeout of 0 is none. What the caller's own reader or content throws comes out as it is. */
  readonly call: <T>(
    registry: string,
    options: RegistryCallOptions,
    act: (session: RegistrySession) => Promise<T>,
  ) => Promise<T>;
}

/** @throws INVALID_OPTION when an insecure registry is malformed */
export function createRegistryCalls(options: RegistryClientOptions): RegistryCalls {
  const { ca = [], timeoutMs = 30_000, credentials } = options;
  const settings: RegistrySettings = {
    credentials,
    insecure: parseInsecureRegistries(options.insecureRegistries ?? []),
    trust: trustAlso(typeof ca === 'string' ? [ca] : ca),
    timeoutMs,
    schemes: new Map(),
    closed: new ClosedOrigins(),
    addSecret: options.addSecret,
  };

  return {
    call(registry, callOptions, act) {
      const { signal } = callOptions;
      return withDeadline(callOptions.timeoutMs ?? timeoutMs, signal, async (deadline) => {
        const session = openSession(settings, registry, deadline, signal);
        try {
          return await act(session);
        } catch (error) {
          if (error instanceof CallersFailure) throw error.cause;
          throw isDockError(error) ? session.refused(error) : error;
        }
      });
    },
  };
}
