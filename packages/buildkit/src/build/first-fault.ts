import { type DockError, isDockError } from '@dock/core';

function isRefusedAccess(message: string): boolean {
  return /unauthorized|denied|forbidden|failed to authorize|authentication required|no basic auth|insufficient_scope/i.test(
    message,
  );
}

/** The builder repeats our own fault in its words; the first one here is the cause. */
export class FirstFault {
  #fault: DockError | undefined;
  #withheld: DockError | undefined;

  readonly keep = (error: unknown): void => {
    this.#fault ??= isDockError(error) ? error : undefined;
  };

  /** Credentials that could not be had are the cause where a registry has refused the builder; most ask for none. */
  readonly keepWithheld = (problem: DockError): void => {
    this.#withheld ??= problem;
  };

  rethrow(message: string): void {
    if (this.#fault !== undefined) throw this.#fault;
    if (this.#withheld !== undefined && isRefusedAccess(message)) throw this.#withheld;
  }
}
