import type { Readable } from 'node:stream';
import type { EngineEvent } from '@dock/core';

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

  /** Wait until more events are welcome, or the stream is at its end anyway: a cancelled run must not wait for a reader. */
  async ready(stream: Readable): Promise<void> {
    const behind = this.#behind;
    if (behind === undefined || stream.destroyed) return;
    this.#behind = undefined;
    this.#isWaiting = true;
    let onClose = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      onClose = resolve;
      stream.once('close', onClose);
    });
    await Promise.race([behind.catch(() => undefined), closed]);
    stream.off('close', onClose);
    this.#isWaiting = false;
  }
}
