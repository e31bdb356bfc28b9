import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { EngineEvent } from '../contracts/event.js';

/** Hands events on and remembers when whoever takes them is behind, so that the reader of a stream can wait for it. */
export class EventGate {
  readonly #onEvent: ((event: EngineEvent) => unknown) | undefined;
  #behind: Promise<unknown> | undefined;
  #isWaiting = false;

  constructor(onEvent: ((event: EngineEvent) => unknown) | undefined) {
    this.#onEvent = onEvent;
  }

  /** Hand an event on. */
  readonly send = (event: EngineEvent): void => {
    const returned = this.#onEvent?.(event);
    if (returned instanceof Promise) this.#behind = returned;
  };

  /** Whether more events are not welcome yet. */
  get isBehind(): boolean {
    return this.#behind !== undefined;
  }

  /** Whether somebody waits in {@link ready}. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Wait until more events are welcome, or what is read is at its end anyway: a cancelled run must not wait for a reader. */
  async ready(read: Readable | AbortSignal): Promise<void> {
    const behind = this.#behind;
    const [isOver, event] = read instanceof AbortSignal ? [read.aborted, 'abort'] : [read.destroyed, 'close'];
    if (behind === undefined || isOver) return;
    this.#behind = undefined;
    this.#isWaiting = true;
    const listener = new AbortController();
    const over = once(read as EventTarget & Readable, event, listener);
    await Promise.race([behind, over].map((each) => each.catch(() => undefined)));
    listener.abort();
    this.#isWaiting = false;
  }
}
