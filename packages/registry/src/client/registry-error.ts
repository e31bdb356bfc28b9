import { DockError, isDockError, type RegistryCredential } from '@dock/core';
import { BodyTooLarge, ConnectDeadline, type Exchange } from './http-exchange.js';

/** Statuses below 500 after which the same question may get another answer. */
export const retryableStatuses: ReadonlySet<number> = new Set([408, 425, 429]);

/** What the registry itself says: the first entry of `errors`, on one line. */
function registryMessage(body: Buffer): string {
  try {
    const parsed = JSON.parse(body.subarray(0, 64 * 1024).toString('utf8')) as {
      errors?: { code?: unknown; message?: unknown }[];
    } | null;
    const first = Array.isArray(parsed?.errors) ? parsed.errors[0] : undefined;
    const words = [first?.code, first?.message].filter((word) => typeof word === 'string' && word !== '');
    return words.length === 0
      ? ''
      : `: ${words
          .join(' ')
          .replaceAll(/\p{Cc}+/gu, ' ')
          .slice(0, 200)}`;
  } catch {
    return '';
  }
}

/** `Retry-After` in ms: seconds or an HTTP date. */
export function retryAfterMs(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Who was refused, and whether credentials were sent. */
export interface Refusal {
  readonly registry: string;
  /** What was asked: `repository "library/alpine"`, `the registry`. */
  readonly subject: string;
  readonly status: number;
  readonly credential: RegistryCredential | undefined;
  readonly body?: Buffer;
  /** Why, where the status alone does not say. */
  readonly why?: string;
}

/** AUTH_FAILED: names the host, whether credentials were sent and from where, never their value. */
export function authFailed(refusal: Refusal): DockError {
  const { registry, subject, status, credential, body, why } = refusal;
  const sent =
    credential === undefined
      ? `no credentials are stored for "${registry}"`
      : `credentials were sent for "${registry}" from ${credential.origin}`;
  const said = why === undefined ? (body === undefined ? '' : registryMessage(body)) : `: ${why}`;
  return new DockError(
    'AUTH_FAILED',
    `Registry "${registry}" refused access to ${subject} (${status})${said}; ${sent}.`,
    {
      hint:
        credential === undefined
          ? `Run "docker login ${registry}".`
          : `Check that the account may do this, or run "docker login ${registry}" again.`,
      details: {
        host: registry,
        status,
        credentialsSent: credential !== undefined,
        ...(credential === undefined ? {} : { credentialOrigin: credential.origin }),
      },
    },
  );
}

/** REGISTRY_ERROR for an answer that is neither success nor "not there" nor "not allowed". */
export function registryError(registry: string, subject: string, answer: Exchange): DockError {
  const { status, headers, body } = answer;
  const wait = retryAfterMs(headers['retry-after']);
  return new DockError(
    'REGISTRY_ERROR',
    `Registry "${registry}" answered ${status} for ${subject}${registryMessage(body)}.`,
    {
      retryable: status >= 500 || retryableStatuses.has(status),
      details: { host: registry, status, ...(wait === undefined ? {} : { retryAfterMs: wait }) },
    },
  );
}

/** What an answer means that is not the wanted one. */
export function refusal(
  answer: Exchange,
  access: { readonly registry: string; readonly subject: string },
  credential: RegistryCredential | undefined,
): DockError {
  const { status, body } = answer;
  if (status === 401 || status === 403) return authFailed({ ...access, status, credential, body });
  return registryError(access.registry, access.subject, answer);
}

/** REGISTRY_ERROR for an answer that makes no sense. */
export function registryNonsense(registry: string, why: string): DockError {
  return new DockError('REGISTRY_ERROR', `Registry "${registry}" ${why}.`, {
    hint: 'The registry, or a proxy before it, does not follow the distribution specification.',
    retryable: false,
    details: { host: registry },
  });
}

/** DIGEST_MISMATCH for bytes that are not those of their digest: a cache, a proxy or the registry's own storage has changed them. */
export function wrongBytes(
  registry: string,
  subject: string,
  { announced, found }: { readonly announced: string; readonly found: string },
): DockError {
  return new DockError(
    'DIGEST_MISMATCH',
    `Registry "${registry}" serves a ${subject} whose bytes have the digest ${found}, not ${announced}.`,
    {
      hint: 'Its storage, or a cache or proxy before it, changes content: nobody can pull the image by its digest.',
      details: { host: registry, announced, found },
    },
  );
}

const certificateCodes: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Where certificates of authorities go, for whom `registry` has to be known. */
export function unknownCaHint(registry: string): string {
  return (
    `Put the certificate of its authority into /etc/docker/certs.d/${registry}/ca.crt on the engine's machine (or into that system's own store, then restart ` +
    'the engine), and name the file in NODE_EXTRA_CA_CERTS for dock\'s own requests; or list the registry under "insecure-registries" of the engine.'
  );
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}

/** After these the way to a host is no better a moment later: nothing is refused or cut, it just does not lead there. */
const noWayCodes: ReadonlySet<string> = new Set(['ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENOTFOUND']);

/** Whether a failed connection says that there is no way to the host, as opposed to a host, or a name server, that is busy or restarts. */
export function isNoWay(error: unknown): boolean {
  return error instanceof ConnectDeadline || noWayCodes.has(errorCode(error)) || certificateCodes.has(errorCode(error));
}

/** The deadline of one call to a registry passed. */
export class RegistryDeadline extends Error {
  override readonly name = 'RegistryDeadline';
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super(`no answer in ${timeoutMs} ms`);
    this.timeoutMs = timeoutMs;
  }
}

/** What a failed connection to a host means. `signal` is the caller's own. */
export function connectionError(
  registry: string,
  host: string,
  error: unknown,
  signal: AbortSignal | undefined,
): DockError {
  if (isDockError(error)) return error;
  if (signal?.aborted === true) {
    if (isDockError(signal.reason)) return signal.reason;
    return new DockError('CANCELLED', `Cancelled while registry "${registry}" was asked.`, { cause: signal.reason });
  }
  if (error instanceof BodyTooLarge) return registryNonsense(registry, `sends ${error.message} where less is allowed`);
  const via = host === registry ? '' : ` (at "${host}")`;
  if (error instanceof RegistryDeadline)
    return new DockError(
      'REGISTRY_UNREACHABLE',
      `Registry "${registry}"${via} gave no answer in ${error.timeoutMs / 1000} s.`,
      {
        details: { host: registry, timeoutMs: error.timeoutMs },
      },
    );
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  const isCertificate = certificateCodes.has(code);
  return new DockError(
    'REGISTRY_UNREACHABLE',
    `Registry "${registry}"${via} cannot be reached: ${code === '' ? message : code}.`,
    {
      cause: error,
      details: { host: registry, ...(code === '' ? {} : { code }) },
      ...(isCertificate ? { retryable: false, hint: unknownCaHint(registry) } : {}),
    },
  );
}
