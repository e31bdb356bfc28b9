import type { EngineImage, EngineEvent, PushReceipt } from '@dock/core';
import type { AfterPush } from './look-after-push.js';

/** What a layer of a push says in the end; the manifest is sent after the last one. */
const ends = /^(?:pushed|layer already exists|already exists|mounted from )/i;
/** What a layer says that this push has brought over. */
const brought = /^(?:pushed|mounted from )/i;

/** Follows the tries of one push: what it has brought over, and whether its manifest may be on its way to the registry. */
export class PushTrace {
  /** Whether each layer has ended, or is sent whole and not yet taken. */
  readonly #layers = new Map<string, 'moving' | 'sent' | 'ended'>();
  readonly #brought = new Set<string>();
  readonly #isClassic: boolean;
  #wasSent = false;
  /** What the engine said of a try whose confirmation did not come to its end. */
  receipt: PushReceipt | undefined;
  /** What the registry was found to hold after the last try, if it was asked. */
  found: AfterPush | undefined;
  /** A try has ended without a word on whether its manifest was taken, and nobody could tell. */
  isAmbiguous = false;
  /** The registry has said of some try that it took the manifest. */
  wasTaken = false;

  constructor({ store }: Pick<EngineImage, 'store'>) {
    this.#isClassic = store === 'classic';
  }

  /** A try begins. */
  begin(): void {
    this.#wasSent = this.mayBeSent;
    this.receipt = undefined;
    this.found = undefined;
    this.#layers.clear();
  }

  /** @returns whether a layer is over that no try has brought over before */
  see(event: EngineEvent): boolean {
    if (event.type !== 'push.progress' || event.layer === undefined) return false;
    const { layer, status, current, total } = event;
    const isWhole = current !== undefined && total !== undefined && current >= total;
    this.#layers.set(layer, ends.test(status) ? 'ended' : isWhole ? 'sent' : 'moving');
    if (!brought.test(status) || this.#brought.has(layer)) return false;
    this.#brought.add(layer);
    return true;
  }

  /** The engine has said that this try sent its manifest. */
  manifestSent(): void {
    this.#wasSent = true;
  }

  /** Whether everything is sent that this try has begun to send: the registry stores a layer, or the manifest. */
  get isHeld(): boolean {
    return this.#layers.size > 0 && [...this.#layers.values()].every((state) => state !== 'moving');
  }

  /** Before a layer is named nothing is sent; the containerd store names the manifest like a layer, so there any name counts. */
  get mayBeSent(): boolean {
    if (this.#wasSent || this.receipt !== undefined) return true;
    if (this.#layers.size === 0) return false;
    return !this.#isClassic || [...this.#layers.values()].every((state) => state === 'ended');
  }
}
