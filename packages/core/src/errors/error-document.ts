import type { ErrorDocument, JsonValue } from '../contracts/result.js';
import { DockError, isDockError } from './dock-error.js';
import { clipped, isDiskFull, thrownMessage } from './thrown-message.js';

/** How many causes deep a document goes, and how many attached errors it holds at each of as many levels. */
const causeLimit = 8;
const attachedLimit = 32;
const attachedDepth = 3;

/** Characters of `details` as JSON. */
const detailsLimit = 1024 * 1024;

/**
 * A DockError as JSON, built from named fields only: stray properties of causes (tokens, requests) never get in.
 * It never throws and is of bounded size, whatever a plugin put into the error.
 */
export function errorDocument(error: DockError): ErrorDocument {
  return documentOf(error, attachedDepth);
}

function documentOf(error: DockError, depth: number): ErrorDocument {
  const causes = causeMessages(error.cause);
  const attached = depth === 0 ? [] : error.attached.filter(isDockError).slice(0, attachedLimit);
  return {
    code: error.code,
    message: clipped(String(error.message)),
    hint: clipped(String(error.hint)),
    ...(error.phase === undefined ? {} : { phase: error.phase }),
    ...(error.plugin === undefined ? {} : { plugin: error.plugin }),
    ...(error.hook === undefined ? {} : { hook: error.hook }),
    retryable: error.retryable,
    exitStatus: failureStatus(error.exitStatus),
    ...(causes.length === 0 ? {} : { cause: causes }),
    ...(error.details === undefined ? {} : { details: toJson(error.details) }),
    ...(attached.length === 0 ? {} : { attached: attached.map((each) => documentOf(each, depth - 1)) }),
  };
}

/** An exit status that says failure: an error may not end a run with 0. */
export function failureStatus(status: unknown): number {
  return typeof status === 'number' && Number.isInteger(status) && status > 0 && status < 256 ? status : 70;
}

function causeMessages(cause: unknown): string[] {
  const messages: string[] = [];
  let at = cause;
  while (at !== undefined && at !== null && messages.length < causeLimit) {
    messages.push(isDockError(at) ? `${at.code}: ${thrownMessage(at)}` : thrownMessage(at));
    at = causeOf(at);
  }
  return messages;
}

function causeOf(value: unknown): unknown {
  try {
    return typeof value === 'object' ? (value as { cause?: unknown }).cause : undefined;
  } catch {
    return undefined;
  }
}

function toJson(details: Readonly<Record<string, unknown>>): JsonValue {
  try {
    const text = JSON.stringify(details);
    if (text.length > detailsLimit) return { unserialisable: `more than ${detailsLimit} characters` };
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    return { unserialisable: thrownMessage(error) };
  }
}

/** Any thrown value as a DockError: what is not one is a defect of ours, or a full disk. */
export function toDockError(error: unknown): DockError {
  if (isDockError(error)) return error;
  const message = thrownMessage(error);
  if (isDiskFull(error)) return new DockError('DISK_FULL', `A disk is full: ${message}`, { cause: error });
  return new DockError('INTERNAL', `Unexpected: ${message}`, { cause: error });
}
