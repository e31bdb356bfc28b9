import type { EngineImage, EngineEvent, PushReceipt } from '@dock/core';

/** What a layer of a push says in the end; the manifest is sent after the last one. */
const ends = /^(?:pushed|layer already exists|already exists|mounted from )/i;

/** Follows the tries of one push: whether its manifest may be on its way to the registry. */
export class PushTrace {
  readonly #layers = new Map<string, boolean>();
  readonly #isClassic: boolean;
  #wasSent = false;
  /** What the engine said of a try whose confirmation did not come to its end. */
  receipt: PushReceipt | undefined;

  constructor({ store }: Pick<EngineImage, 'store'>) {
    this.#isClassic = store === 'classic';
  }

  /** A try begins. */
  begin(): void {
    this.#wasSent = this.mayBeSent;
    this.receipt = undefined;
    this.#layers.clear();
  }

  see(event: EngineEvent): void {
    if (event.type === 'push.progress' && event.layer !== undefined)
      this.#layers.set(event.layer, ends.test(event.status));
  }

  /** Before a layer is named nothing is sent; the containerd store names the manifest like a layer, so there any name counts. */
  get mayBeSent(): boolean {
    if (this.#wasSent || this.receipt !== undefined) return true;
    return this.#layers.size > 0 && (!this.#isClassic || [...this.#layers.values()].every(Boolean));
  }
}
