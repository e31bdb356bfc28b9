import type { Duplex } from 'node:stream';
import { DockError } from '@dock/core';
import type { EngineEndpoint } from '../endpoint/engine-endpoint.js';
import type { DockerClient } from './docker-client.js';
import { dialEngine } from './dial-engine.js';
import { daemonUnreachable, engineError, type ErrorPlace } from './engine-error.js';
import { type EngineAnswer, type EngineRequest, readAnswer, readBody, sendEngineRequest } from './engine-request.js';
import { httpFailure } from './http-failure.js';
import { loadDockerode } from './load-dockerode.js';
import { EngineModem } from './modem.js';
import { raceCall } from './race-call.js';

/** The oldest and the newest API that dock speaks; the newest is the newest it is tested with. */
export const apiRange = { min: '1.41', max: '1.45' } as const;

/** Deadline of plain calls, ms. */
export const plainTimeoutMs = 60_000;
const defaultPingTimeoutMs = 15_000;

/** What an engine says to a ping. */
export interface EnginePing {
  /** The engine's newest API. */
  readonly apiVersion: string;
  /** The version that is spoken. */
  readonly negotiated: string;
  /** `linux` or `windows`. */
  readonly osType: string;
  /** False for engines without BuildKit: Windows, and Podman's imitation of the API. */
  readonly hasBuildkit: boolean;
  /** Whether podman's service answers: its builder is another one, which takes some words otherwise. */
  readonly isPodman: boolean;
}

/** Limits of one call. */
export interface CallScope {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
}

/** Calls to one engine: negotiated once, each raced against its deadline and signal, each error mapped. */
export class EngineConnection {
  readonly endpoint: EngineEndpoint;
  readonly #pingTimeoutMs: number;
  readonly #closing = new AbortController();
  #ping: Promise<EnginePing> | undefined;
  #wasReached = false;
  #answers = 0;

  constructor(endpoint: EngineEndpoint, pingTimeoutMs: number = defaultPingTimeoutMs) {
    this.endpoint = endpoint;
    this.#pingTimeoutMs = pingTimeoutMs;
  }

  /** Ask the engine for its version, once; a failure is not kept. @throws DAEMON_UNREACHABLE, API_VERSION_UNSUPPORTED */
  async ping(scope: CallScope = {}): Promise<EnginePing> {
    // The answer is shared, but not one caller's signal: a cancelled first caller must not fail the second.
    this.#ping ??= this.#negotiate().catch((error: unknown) => {
      this.#ping = undefined;
      throw error;
    });
    const ping = this.#ping;
    // A caller that is cancelled already does not wait for it: its failure is then nobody's.
    ping.catch(() => undefined);
    return this.#race(
      'asking the engine for its version',
      { ...scope, timeoutMs: scope.timeoutMs ?? this.#pingTimeoutMs },
      () => ping,
    );
  }

  /** Whether a request may name this version, which may be newer than the one that is negotiated; not when the user has pinned an older one. */
  async speaks(version: string, scope: CallScope = {}): Promise<boolean> {
    const { apiVersion } = await this.ping(scope);
    return minor(this.endpoint.apiVersion ?? apiVersion) >= minor(version);
  }

  /** Whether the engine answers now. */
  async isAlive(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#race('asking whether the engine is alive', { timeoutMs, signal }, async (own) => {
        const answer = await sendEngineRequest(this.endpoint, { method: 'GET', path: '/_ping', signal: own });
        await readBody(answer.stream, 64 * 1024);
      });
      return true;
    } catch {
      return false;
    }
  }

  /** One plain call through dockerode. @param what the call in words: `inspecting image "x"` */
  async call<T>(what: string, scope: CallScope, act: (docker: DockerClient) => Promise<T>): Promise<T> {
    return this.stream(what, { ...scope, timeoutMs: scope.timeoutMs ?? plainTimeoutMs }, act);
  }

  /** One call through dockerode that reads its stream inside `act`; without a deadline unless given. The connection ends with it. */
  async stream<T>(
    what: string,
    scope: CallScope,
    act: (docker: DockerClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { negotiated } = await this.ping({ signal: scope.signal });
    return this.#race(what, { ...scope, timeoutMs: scope.timeoutMs ?? 0 }, async (signal) => {
      const DockerClass = await loadDockerode();
      const modem = new EngineModem({ endpoint: this.endpoint, apiVersion: negotiated, signal });
      return act(new DockerClass({ modem }), signal);
    });
  }

  /** One request without dockerode; the caller reads the stream inside `act`. */
  async exchange<T>(
    what: string,
    { apiVersion, ...request }: Omit<EngineRequest, 'signal'> & { readonly apiVersion?: string },
    scope: CallScope,
    act: (answer: EngineAnswer, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { negotiated } = await this.ping({ signal: scope.signal });
    return this.#race(what, { ...scope, timeoutMs: scope.timeoutMs ?? 0 }, async (signal) => {
      const path = `/v${apiVersion ?? negotiated}${request.path}`;
      const answer = await sendEngineRequest(this.endpoint, { ...request, path, signal });
      if (answer.connection === undefined && answer.status >= 300) throw await httpFailure(answer);
      return act(answer, signal);
    });
  }

  /** A connection of its own to the endpoint, for an act that speaks something else than the engine's API; it ends with the act. */
  async dial<T>(what: string, scope: CallScope, act: (connection: Duplex) => Promise<T>): Promise<T> {
    return this.#race(what, { ...scope, timeoutMs: scope.timeoutMs ?? 0 }, async (signal) => {
      const connection = await dialEngine(this.endpoint, signal);
      this.#wasReached = true;
      try {
        return await act(connection);
      } finally {
        connection.destroy();
      }
    });
  }

  /** One plain question without dockerode. */
  async ask(what: string, path: string, scope: CallScope & { readonly apiVersion?: string }): Promise<unknown> {
    const { apiVersion } = scope;
    return this.exchange(
      what,
      { method: 'GET', path, ...(apiVersion === undefined ? {} : { apiVersion }) },
      { ...scope, timeoutMs: scope.timeoutMs ?? plainTimeoutMs },
      readAnswer,
    );
  }

  /** Answers so far. */
  get answers(): number {
    return this.#answers;
  }

  /** Map an error that was caught outside of a call. */
  error(error: unknown, what: string): DockError {
    return engineError(error, this.#place(what));
  }

  /** End every call that is still open. */
  close(): void {
    this.#closing.abort(new DockError('CANCELLED', `The connection to "${this.endpoint.url}" was closed.`));
  }

  #place(what: string): ErrorPlace {
    return { endpoint: this.endpoint, what, wasReached: this.#wasReached };
  }

  async #race<T>(what: string, scope: CallScope, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signals = [this.#closing.signal, ...(scope.signal === undefined ? [] : [scope.signal])];
    const signal = signals.length === 1 ? this.#closing.signal : AbortSignal.any(signals);
    try {
      const result = await raceCall(what, { signal, timeoutMs: scope.timeoutMs ?? plainTimeoutMs }, act);
      this.#wasReached = true;
      this.#answers += 1;
      return result;
    } catch (error) {
      throw engineError(error, this.#place(what));
    }
  }

  async #negotiate(): Promise<EnginePing> {
    const what = 'asking the engine for its version';
    return this.#race(what, { timeoutMs: this.#pingTimeoutMs }, async (signal) => {
      const answer = await sendEngineRequest(this.endpoint, { method: 'GET', path: '/_ping', signal });
      const { headers } = answer;
      if (answer.status !== 200) throw await httpFailure(answer);
      await readBody(answer.stream, 64 * 1024);
      const apiVersion = headers['api-version'];
      if (typeof apiVersion !== 'string' || !/^1\.\d{1,3}$/.test(apiVersion))
        throw daemonUnreachable(this.#place(what), 'something else than a Docker Engine answers there', undefined);
      const osType = typeof headers.ostype === 'string' ? headers.ostype : 'linux';
      const isPodman = headers['libpod-api-version'] !== undefined;
      return {
        apiVersion,
        negotiated: negotiate(apiVersion, this.endpoint),
        osType,
        hasBuildkit: osType !== 'windows' && !isPodman,
        isPodman,
      };
    });
  }
}

/** The part of an API version that grows. */
export function minor(version: string): number {
  return Number(version.slice(version.indexOf('.') + 1));
}

function negotiate(engineVersion: string, { url, apiVersion }: EngineEndpoint): string {
  if (minor(engineVersion) < minor(apiRange.min))
    throw new DockError(
      'API_VERSION_UNSUPPORTED',
      `The engine at "${url}" speaks API ${engineVersion}, and dock needs ${apiRange.min} or later.`,
      {
        details: { engine: engineVersion, ...apiRange },
      },
    );
  if (apiVersion === undefined) return minor(engineVersion) < minor(apiRange.max) ? engineVersion : apiRange.max;
  if (
    !/^1\.\d{1,3}$/.test(apiVersion) ||
    minor(apiVersion) < minor(apiRange.min) ||
    minor(apiVersion) > minor(engineVersion)
  )
    throw new DockError(
      'API_VERSION_UNSUPPORTED',
      `DOCKER_API_VERSION "${apiVersion}" is not between ${apiRange.min} and the engine's ${engineVersion} at "${url}".`,
      { details: { asked: apiVersion, engine: engineVersion, ...apiRange } },
    );
  return apiVersion;
}
