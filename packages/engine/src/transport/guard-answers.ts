import { isDockError } from '@dock/core';
import type { EngineConnection } from './connection.js';
import { isMisread, nonsense } from './engine-error.js';

type Method = (...args: readonly unknown[]) => unknown;

/** Calls of a port in words, for messages; others go by their name. */
const words: Readonly<Record<string, string>> = {
  describe: 'asking the engine what it is',
  build: 'building an image',
  inspectImage: 'inspecting an image',
  builtImage: 'inspecting an image',
  imageHistory: 'asking for the history of an image',
  pullImage: 'pulling an image',
  pushImage: 'pushing an image',
  runnablePlatforms: 'asking the engine which platforms it runs',
};

/** What ends nothing, or gives a stream at once. */
const unguarded = new Set(['close', 'output']);

/**
 * A port whose calls never fail by how they read an answer: what an engine sent and nobody can read is DAEMON_PROTOCOL. What fails before the engine has answered
 * is the caller's, and stays what it is.
 */
export function guardAnswers<Port extends object>(port: Port, connection: EngineConnection): Port {
  const guarded = Object.entries(port).map(([name, member]: [string, unknown]) =>
    typeof member === 'function' && !unguarded.has(name)
      ? [name, guard(name, member as Method, connection)]
      : [name, member],
  );
  return Object.assign(port, Object.fromEntries(guarded)) as Port;
}

function guard(name: string, method: Method, connection: EngineConnection): Method {
  return async (...args) => {
    const before = connection.answers;
    try {
      const result = await method(...args);
      // A started container has calls of its own.
      return name === 'startContainer' ? guardAnswers(result as object, connection) : result;
    } catch (error) {
      if (isDockError(error) || !isMisread(error) || connection.answers === before) throw error;
      throw nonsense({ endpoint: connection.endpoint, what: words[name] ?? `calling engine.${name}()` }, error);
    }
  };
}
