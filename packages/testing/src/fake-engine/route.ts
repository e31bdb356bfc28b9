import type { FakeResponse } from './fake-response.js';
import type { RecordedRequest } from './recorded-request.js';

/** Answers a request; `undefined` leaves it to the handler before. `call` counts this handler's calls from 1. */
export type FakeHandler = (
  request: RecordedRequest,
  call: number,
) => FakeResponse | undefined | Promise<FakeResponse | undefined>;

/** Options of a handler. */
export interface RouteOptions {
  /** Answer when the headers are there, without reading the body: what an engine does that refuses an upload. @default `body` */
  readonly when?: 'headers' | 'body';
}

/** A registered handler. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly handler: FakeHandler;
  readonly when: 'headers' | 'body';
  calls: number;
}

/** A path pattern: `{name}` stands for one or more characters, slashes too, as in image names. A RegExp is taken as it is. */
export function pathRegExp(pattern: string | RegExp): RegExp {
  if (typeof pattern !== 'string') return pattern;
  const source = pattern
    .split(/\{\w+\}/)
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('(.+?)');
  return new RegExp(`^${source}$`);
}

/** A handler that answers the n-th call with the n-th response and every later call with the last one. */
export function inTurn(...responses: readonly (FakeResponse | FakeHandler)[]): FakeHandler {
  if (responses.length === 0) throw new TypeError('inTurn() needs at least one response');
  return (request, call) => {
    const response = responses[Math.min(call, responses.length) - 1];
    return typeof response === 'function' ? response(request, call) : response;
  };
}
