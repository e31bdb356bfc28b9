import type { ErrorDocument, JsonValue } from '../contracts/result.js';
import { DockError, isDockError } from './dock-error.js';

/** How many causes deep a document goes. */
const causeLimit = 8;

/** A DockError as JSON, built from named fields only: stray properties of causes (tokens, requests) never get in. */
export function errorDocument(error: DockError): ErrorDocument {
  const causes = causeMessages(error.cause);
  const attached = error.attached.map(errorDocument);
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    ...(error.phase === undefined ? {} : { phase: error.phase }),
    ...(error.plugin === undefined ? {} : { plugin: error.plugin }),
    ...(error.hook === undefined ? {} : { hook: error.hook }),
    retryable: error.retryable,
    exitStatus: error.exitStatus,
    ...(causes.length === 0 ? {} : { cause: causes }),
    ...(error.details === undefined ? {} : { details: toJson(error.details) }),
    ...(attached.length === 0 ? {} : { attached }),
  };
}

function causeMessages(cause: unknown): string[] {
  const messages: string[] = [];
  for (
    let at = cause;
    at !== undefined && at !== null && messages.length < causeLimit;
    at = (at as { cause?: unknown }).cause
  ) {
    messages.push(isDockError(at) ? `${at.code}: ${at.message}` : at instanceof Error ? at.message : String(at));
    if (typeof at !== 'object') break;
  }
  return messages;
}

function toJson(details: Readonly<Record<string, unknown>>): JsonValue {
  try {
    return JSON.parse(JSON.stringify(details)) as JsonValue;
  } catch (error) {
    return { unserialisable: error instanceof Error ? error.message : String(error) };
  }
}

/** Any thrown value as a DockError: what is not one is a defect of ours. */
export function toDockError(error: unknown): DockError {
  if (isDockError(error)) return error;
  return new DockError('INTERNAL', `Unexpected: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}
