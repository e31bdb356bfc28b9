import { DockError, type ErrorCode } from '@dock/core';
import { capitalised, withoutMiddle } from '@dock/core/internal';
import { retryableStatuses, unknownCaHint } from '../client/registry-error.js';
import { type RegistryAccess, withheld } from '../credentials/registry-access.js';
import { readRefusal, type Refusal } from './push-refusal.js';

/** What was being done when the engine reported a failure of a registry. */
export interface TransferPlace {
  readonly action: 'pull' | 'push' | 'look up';
  /** Full form of the reference. */
  readonly reference: string;
  readonly access: RegistryAccess;
  /** Status of the engine's own answer, when the failure came that way. */
  readonly status?: number | undefined;
}

interface Rule {
  readonly pattern: RegExp;
  readonly code: (action: TransferPlace['action'], status: number | undefined) => ErrorCode;
  readonly status?: number;
}

const always = (code: ErrorCode) => () => code;

const certificate = /certificate|x509|server gave http response to https client/i;

/** The engine reports registries only in words; these are the words of moby, containerd and distribution, first match wins. */
const rules: readonly Rule[] = [
  { pattern: /no space left on device|disk quota exceeded/i, code: always('DISK_FULL') },
  // A proxy's page instead of the registry's JSON: only the status tells.
  { pattern: /error parsing HTTP \d{3} response body/i, code: (action, status) => statusCode(action, status) },
  { pattern: /toomanyrequests|too many requests|rate limit/i, code: always('REGISTRY_ERROR'), status: 429 },
  {
    pattern:
      /no basic auth credentials|unauthorized|authentication required|access denied|insufficient_scope|incorrect username or password|failed to authorize/i,
    code: always('AUTH_FAILED'),
  },
  { pattern: /\bdenied\b|forbidden/i, code: always('AUTH_FAILED') },
  // The containerd store has not all of an image that it lists.
  { pattern: /content digest sha256:[0-9a-f]{64}: not found/i, code: always('DAEMON_ERROR') },
  { pattern: /does not exist locally|no such image|tag does not exist/i, code: always('IMAGE_NOT_FOUND') },
  {
    pattern:
      /manifest unknown|manifest for .* not found|name unknown|repository name not known|repository .* not found|: not found$/i,
    code: (action, status) => (action === 'push' ? statusCode(action, status) : 'IMAGE_NOT_FOUND'),
  },
  { pattern: /no matching manifest/i, code: always('IMAGE_NOT_FOUND') },
  { pattern: certificate, code: always('REGISTRY_UNREACHABLE') },
  {
    pattern:
      /connection refused|connection reset|no such host|temporary failure in name resolution|i\/o timeout|network is unreachable|no route to host|tls handshake|context deadline exceeded|client\.timeout|\bEOF\b|broken pipe|use of closed network connection|proxyconnect|server misbehaving|connection timed out/i,
    code: always('REGISTRY_UNREACHABLE'),
  },
  // A layer that another push was bringing over at the same moment, or that was changed on its way: again, it is there.
  { pattern: /blob unknown to registry|digest invalid/i, code: always('REGISTRY_ERROR') },
  { pattern: /unexpected (?:http )?status|received unexpected/i, code: (action, status) => statusCode(action, status) },
  {
    pattern:
      /manifest invalid|blob upload invalid|size invalid|unsupported|tag invalid|name invalid|quota|policy|immutable/i,
    code: (action) => (action === 'push' ? 'PUSH_REFUSED' : 'PULL_FAILED'),
  },
];

function statusCode(action: TransferPlace['action'], status: number | undefined): ErrorCode {
  if (status === 401 || status === 403) return 'AUTH_FAILED';
  if (status === 404 && action !== 'push') return 'IMAGE_NOT_FOUND';
  const isRefusal = status !== undefined && status >= 400 && status < 500 && !retryableStatuses.has(status);
  return isRefusal && action === 'push' ? 'PUSH_REFUSED' : 'REGISTRY_ERROR';
}

/** An HTTP status that a message names: `received unexpected HTTP status: 503 …`, `429 Too Many Requests`. */
function statedStatus(message: string): number | undefined {
  // Addresses are full of numbers that are no status: 127.0.0.1:500.
  const words = message.replaceAll(/\bhttps?:\/\/[^\s"]+/gi, '').replaceAll(/\b\d+(?:\.\d+){3}(?::\d+)?/g, '');
  const match =
    /\bstatus(?:code)?(?: code)?[^\d\n]{0,120}\b([1-5]\d\d)\b/i.exec(words) ??
    /\bHTTP ([1-5]\d\d)\b/.exec(words) ??
    /\b([45]\d\d) (?:[A-Z][a-z]+|OK)\b/.exec(words);
  return match === null ? undefined : Number(match[1]);
}

/** How long the registry asks to wait, where the engine passes it on. */
function statedWait(message: string): number | undefined {
  const match = /retry[- ]after:?\s*(\d{1,6})\b/i.exec(message);
  return match === null ? undefined : Number(match[1]) * 1000;
}

/** The registry has answered a manifest with success, only its answer lacks the digest: what was sent may well be there. */
function isTaken(message: string): boolean {
  return /invalid checksum digest format|invalid content digest in response/i.test(message);
}

/** Podman says nothing of a push before it ends; these words tell that the manifest was on its way. */
function isManifestSent(message: string): boolean {
  return /\bwriting manifest: uploading manifest\b/i.test(message);
}

/**
 * The engine's words without the markup of a page that somebody sent instead of the registry: moby quotes the page as a Go string, others as it
 * is. The text between the tags stays, on one line.
 */
export function withoutMarkup(message: string): string {
  if (!/<[a-z!/][^<>]*>/i.test(message)) return message.trim();
  const text = message
    .replaceAll(/<(script|style)\b.*?(?:<\/\1>|$)/gis, ' ')
    .replaceAll(/<[a-z!/][^<>]*>/gi, ' ')
    .replaceAll(/\\[nrt]|\s+/g, ' ');
  // A page repeats its title in its heading.
  const [, before = '', page = ''] = /^(.*? response body): .*?"(.*?)"?\s*$/i.exec(text) ?? [];
  if (before === '') return text.replaceAll(/\s+/g, ' ').trim();
  const words = page.replaceAll(/\s+/g, ' ').trim().slice(0, 200);
  return `${before}: it is a web page and no answer of a registry${words === '' ? '' : ` ("${words}")`}`;
}

/** Whether credentials were sent and from where; never their value. */
export function credentialNote({ registry, credential }: RegistryAccess): string {
  return credential === undefined
    ? `no credentials are stored for "${registry}"`
    : `credentials were sent for "${registry}" from ${credential.origin}`;
}

/** Who forgot the registry in a name meant another one. */
const hubHint =
  'Check the network and the proxy. "docker.io" is Docker Hub, where every name without a registry belongs: for another one write REGISTRY/NAME.';

interface Reading {
  readonly code: ErrorCode;
  readonly status?: number;
  readonly refusal?: Refusal;
}

function readMessage(action: TransferPlace['action'], message: string, hasCredentials = true): Reading {
  const rule = rules.find(({ pattern }) => pattern.test(message));
  const status = rule?.status ?? statedStatus(message);
  const stated = status === undefined ? {} : { status };
  // Engine 28 says "unknown: " before a status that passes.
  const isPassing = status !== undefined && (status >= 500 || retryableStatuses.has(status));
  const refusal = action === 'push' && !isPassing ? readRefusal(message, hasCredentials) : undefined;
  if (refusal !== undefined) return { code: 'PUSH_REFUSED', refusal, ...stated };
  const fallback: ErrorCode = action === 'pull' ? 'PULL_FAILED' : 'REGISTRY_ERROR';
  return { code: rule?.code(action, status) ?? fallback, ...stated };
}

/** What the engine's words about a registry mean. */
export function registryFailureCode(action: TransferPlace['action'], message: string): ErrorCode {
  return readMessage(action, withoutMiddle(message)).code;
}

/** A failure of a registry, told by the engine in words, as a DockError. Of a message without measure the middle is left out: a page may be in it. */
export function registryFailure(place: TransferPlace, whole: string, cause?: unknown): DockError {
  const message = withoutMiddle(whole);
  const { action, reference, access } = place;
  const { registry, credential } = access;
  const { code, status, refusal } = readMessage(action, message, credential !== undefined);
  const wait = statedWait(message);
  const details = {
    host: registry,
    reference,
    ...(status === undefined ? {} : { status }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(action === 'push' && isTaken(message) ? { isTaken: true } : {}),
    ...(action === 'push' && isManifestSent(message) ? { isManifestSent: true } : {}),
  };
  const base = { ...(cause === undefined ? {} : { cause }), details };
  const said = withoutMarkup(message);
  const sentence = `${action} of "${reference}" failed: ${said}`;
  switch (code) {
    case 'AUTH_FAILED':
      return withheld(
        new DockError(
          code,
          `Registry "${registry}" refused ${action === 'look up' ? 'a look-up' : `the ${action}`} of "${reference}": ${said}; ${credentialNote(access)}.`,
          {
            ...base,
            hint:
              credential === undefined
                ? `Run "docker login ${registry}".`
                : `Check that the account may ${action} there, or run "docker login ${registry}" again.`,
            details: {
              ...details,
              credentialsSent: credential !== undefined,
              ...(credential === undefined ? {} : { credentialOrigin: credential.origin }),
            },
          },
        ),
        access.problem,
      );
    case 'PUSH_REFUSED':
      return new DockError(code, `Registry "${registry}" refused the push of "${reference}": ${said}.`, {
        ...base,
        ...(refusal === undefined ? {} : { hint: refusal.hint }),
      });
    case 'REGISTRY_UNREACHABLE':
      return new DockError(code, `The engine cannot reach registry "${registry}": ${sentence}.`, {
        ...base,
        ...(registry === 'docker.io' ? { hint: hubHint } : {}),
        ...(certificate.test(message) ? { retryable: false, hint: unknownCaHint(registry) } : {}),
      });
    case 'REGISTRY_ERROR': {
      const isPermanent = status !== undefined && status < 500 && !retryableStatuses.has(status);
      return new DockError(code, `Registry "${registry}": ${sentence}.`, { ...base, retryable: !isPermanent });
    }
    case 'DISK_FULL':
      return new DockError(code, `${capitalised(sentence)}.`, { ...base, details: { ...details, side: 'engine' } });
    default:
      return new DockError(code, `${capitalised(sentence)}.`, base);
  }
}
