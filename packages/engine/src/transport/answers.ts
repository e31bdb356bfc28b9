import { DockError } from '@dock/core';

/**
 * What an engine answered, where that has to be a JSON object. Members that are `null` count as left out: which of both an engine writes differs by version,
 * store and make.
 *
 * @param what the call, as in `inspecting image "app:1"`
 * @throws DAEMON_PROTOCOL for anything else
 */
export function documentOf<T extends object>(what: string, answer: unknown): T {
  if (!isObject(answer)) throw senseless(what, answer, 'a document');
  return withoutNulls(answer) as T;
}

/** As {@link documentOf}, for a list of objects; `null` and no answer at all are an empty one. */
export function listOf<T extends object>(what: string, answer: unknown): readonly T[] {
  const rows = answer ?? [];
  if (!Array.isArray(rows)) throw senseless(what, answer, 'a list');
  return rows.map((row) => documentOf<T>(what, row));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => each !== null).map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutNulls(each)]));
}

function senseless(what: string, answer: unknown, wanted: string): DockError {
  const text = typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? 'nothing');
  return new DockError('DAEMON_PROTOCOL', `The engine answered no ${wanted.replace(/^a /, '')} when ${what}.`, {
    details: { answer: text.slice(0, 200) },
  });
}
