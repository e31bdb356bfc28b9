import { DockError, isDockError } from '@dock/core';
import { tlsFault, type TlsFault } from '@dock/registry';
import type { EngineEndpoint } from '../endpoint/engine-endpoint.js';
import { EngineHttpFailure } from './http-failure.js';

/** Where an error happened. */
export interface ErrorPlace {
  readonly endpoint: EngineEndpoint;
  /** The call in words: `inspecting image "x"`. */
  readonly what: string;
  /** Whether the engine has answered before: what breaks now was lost, not unreachable. */
  readonly wasReached: boolean;
}

const unreachableCodes: ReadonlySet<string> = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'EACCES',
  'EPERM',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTSOCK',
]);
const brokenCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
]);
const permissionCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** The code of a system error. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** The HTTP status behind an error of the engine, if there is one. */
export function engineStatus(error: unknown): number | undefined {
  if (error instanceof EngineHttpFailure) return error.status;
  if (isDockError(error) && error.cause instanceof EngineHttpFailure) return error.cause.status;
  return undefined;
}

/** What the engine itself said, without our words around it. */
export function engineMessage(error: unknown): string {
  if (isDockError(error) && error.cause instanceof EngineHttpFailure) return error.cause.message;
  return error instanceof Error ? error.message : String(error);
}

/** No engine at the endpoint. */
export function daemonUnreachable({ endpoint, what }: ErrorPlace, why: string, cause: unknown): DockError {
  const hint = permissionCodes.has(errorCode(cause))
    ? `The user may not open the socket: join its group or use another endpoint than "${endpoint.url}".`
    : undefined;
  return new DockError(
    'DAEMON_UNREACHABLE',
    `No engine answers at "${endpoint.url}" (from ${endpoint.origin}): ${why}.`,
    {
      cause,
      ...(hint === undefined ? {} : { hint }),
      details: { endpoint: endpoint.url, origin: endpoint.origin, call: what },
    },
  );
}

/** The engine went away during the work. */
export function daemonLost({ endpoint, what }: ErrorPlace, why: string, cause?: unknown): DockError {
  return new DockError('DAEMON_LOST', `The engine at "${endpoint.url}" went away while ${what}: ${why}.`, {
    ...(cause === undefined ? {} : { cause }),
    details: { endpoint: endpoint.url, origin: endpoint.origin, call: what },
  });
}

function httpError(place: ErrorPlace, failure: EngineHttpFailure): DockError {
  const { status, message } = failure;
  const details = { status, call: place.what };
  if (/no space left on device|disk quota exceeded/i.test(message))
    return new DockError('DISK_FULL', `The engine's disk is full, while ${place.what}: ${message}.`, {
      cause: failure,
      details: { ...details, side: 'engine' },
    });
  if (status === 400 && /client version \S+ is too (?:old|new)/i.test(message))
    return new DockError(
      'API_VERSION_UNSUPPORTED',
      `The engine at "${place.endpoint.url}" refuses our API version: ${message}.`,
      {
        cause: failure,
        details,
      },
    );
  return new DockError('DAEMON_ERROR', `The engine answered ${status} while ${place.what}: ${message}.`, {
    cause: failure,
    retryable: status >= 500,
    details,
  });
}

/** What to do about a fault of TLS. */
const tlsHints: Readonly<Record<TlsFault, string>> = {
  expired: "The engine's certificate has expired: renew it, or correct the clock of this machine.",
  early: "The engine's certificate is not valid yet: correct the clock of this machine, or wait.",
  name: "The engine's certificate is for another name: use the name that it has, or make one with the name of the host.",
  authority:
    'The authority of the engine\'s certificate is not known: put its certificate as "ca.pem" into DOCKER_CERT_PATH, or into the docker context.',
  client: 'The engine refuses the certificate of this client: look at "cert.pem" and "key.pem" in DOCKER_CERT_PATH.',
  other: 'Look whether the engine speaks TLS on that port, and at the certificates in DOCKER_CERT_PATH.',
};

/** Whether an error is one of reading: what was there was not what was expected. */
export function isMisread(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError;
}

/** An answer that cannot be read. */
export function nonsense(place: Pick<ErrorPlace, 'endpoint' | 'what'>, cause: unknown): DockError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DockError(
    'DAEMON_PROTOCOL',
    `The answer at "${place.endpoint.url}" while ${place.what} makes no sense: ${why}.`,
    { cause, hint: 'Something other than a Docker Engine answers there, or it wants TLS.' },
  );
}

/** Any error of a call to the engine as a DockError: HTTP status, socket error, or our own. */
export function engineError(error: unknown, place: ErrorPlace): DockError {
  if (isDockError(error)) return error;
  if (error instanceof EngineHttpFailure) return httpError(place, error);
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  const why = code === '' || message.includes(code) ? message : `${code}: ${message}`;
  if (unreachableCodes.has(code))
    return place.wasReached ? daemonLost(place, why, error) : daemonUnreachable(place, why, error);
  if (brokenCodes.has(code))
    return place.wasReached ? daemonLost(place, why, error) : daemonUnreachable(place, why, error);
  const fault = tlsFault(code);
  if (fault !== undefined) return daemonUnreachable(place, `TLS failed, ${why}`, error).with({ hint: tlsHints[fault] });
  if (code.startsWith('HPE_') || isMisread(error)) return nonsense(place, error);
  return new DockError('INTERNAL', `Unexpected, while ${place.what}: ${why}.`, { cause: error });
}
