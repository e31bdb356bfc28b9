import { DockError, isDockError } from '@dock/core';
import { tlsFault, type TlsFault } from '@dock/registry';

/** Which node an error is about. */
export interface FaultPlace {
  readonly builder: string;
  readonly node: string;
  readonly endpoint: string;
}

const tlsHints: Readonly<Record<TlsFault, string>> = {
  expired: "The builder's certificate has expired: renew it, or correct the clock of this machine.",
  early: "The builder's certificate is not valid yet: correct the clock of this machine, or wait.",
  name: "The builder's certificate is for another name: give the name that it has as servername=NAME.",
  authority: "The authority of the builder's certificate is not known: give its certificate as cacert=FILE.",
  client: 'The builder wants a certificate of yours that it knows: give it as cert=FILE with key=FILE.',
  other: 'Look whether the builder speaks TLS on that port, and at the certificates.',
};

/** A node as messages name it: with its builder, where that has another name. */
export function nodeWords({ builder, node, endpoint }: FaultPlace): string {
  if (builder === endpoint) return `the builder "${builder}"`;
  return builder === node
    ? `the builder "${builder}" at "${endpoint}"`
    : `node "${node}" of the builder "${builder}" at "${endpoint}"`;
}

/** What is wrong at a node: the code, the rest of the sentence, and what to do. */
export function nodeFault(
  code: 'BUILDER_UNREACHABLE' | 'BUILDER_LOST' | 'BUILDER_PROTOCOL' | 'BUILDER_TOO_OLD' | 'BUILDER_NO_WORKER',
  place: FaultPlace,
  why: string,
  more: { readonly cause?: unknown; readonly hint?: string } = {},
): DockError {
  const sentence = {
    BUILDER_UNREACHABLE: 'cannot be reached',
    BUILDER_LOST: 'went away',
    BUILDER_PROTOCOL: 'does not answer as a BuildKit does',
    BUILDER_TOO_OLD: 'is too old',
    BUILDER_NO_WORKER: 'cannot build',
  }[code];
  const words = nodeWords(place);
  const subject = words.charAt(0).toUpperCase() + words.slice(1);
  return new DockError(code, `${subject} ${sentence}: ${why}.`, { ...more, details: { ...place } });
}

/**
 * Any error of a connection to a node as a DockError. One that is ours already gets the node's name into its details.
 *
 * @param isOpen whether the connection was made: what breaks then was lost
 */
export function connectionFault(error: unknown, place: FaultPlace, isOpen: boolean): DockError {
  if (isDockError(error)) return error.with({ details: { ...place } });
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = codeOf(cause) || codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const fault = tlsFault(code);
  if (fault !== undefined)
    return nodeFault('BUILDER_UNREACHABLE', place, `TLS failed, ${message}`, { cause: error, hint: tlsHints[fault] });
  if (isMisread(error)) return nodeFault('BUILDER_PROTOCOL', place, message, { cause: error });
  if (code === 'EACCES' || code === 'EPERM')
    return nodeFault('BUILDER_UNREACHABLE', place, message, {
      cause: error,
      hint: 'Your user may not open the socket: join its group.',
    });
  return nodeFault(isOpen ? 'BUILDER_LOST' : 'BUILDER_UNREACHABLE', place, message, { cause: error });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** What was there was not what was expected. */
function isMisread(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError;
}
