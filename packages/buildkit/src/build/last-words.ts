import type { EventGate } from '@dock/core/internal';

/** The wait for the last words of a build that is over. */
export class LastWords {
  /** Longest silence before the rest is given up, ms. */
  readonly silenceMs: number = 5000;
  readonly #gate: Pick<EventGate, 'isWaiting'>;
  #timer: NodeJS.Timeout | undefined;

  constructor(gate: Pick<EventGate, 'isWaiting'>) {
    this.#gate = gate;
  }

  /** The builder has said something: it is waited for anew. */
  heard(): void {
    this.#timer?.refresh();
  }

  /**
   * Wait until the status ends; a reader of events that is behind is no silence of the builder.
   *
   * @returns false when it was silent for too long instead
   */
  async wait(status: Promise<void>, signal: AbortSignal): Promise<boolean> {
    const late = new Promise<false>((resolve) => {
      const onSilence = (): void =>
        this.#gate.isWaiting && !signal.aborted ? void this.#timer?.refresh() : resolve(false);
      this.#timer = setTimeout(onSilence, this.silenceMs);
    });
    try {
      return await Promise.race([status.then(() => true as const), late]);
    } finally {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }
}
