import { type DockError, errorDocument, toDockError } from '@dock/core';
import type { GcItem, GcReport, RecoveredRun } from './gc-report.js';

/** Gathers what a collection finds and does. */
export class Findings {
  readonly removed: GcItem[] = [];
  readonly kept: (GcItem & { why: string })[] = [];
  readonly failed: (GcItem & { why: string })[] = [];
  readonly recovered: RecoveredRun[] = [];
  #error: DockError | undefined;

  /** Do something about an item; a failure is noted and does not stop the others. @returns whether it did not fail */
  async attempt(item: GcItem, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (caught) {
      const error = toDockError(caught);
      this.failed.push({ ...item, why: error.message });
      this.fail(error);
      return false;
    }
  }

  /** The first failure wins; later ones are attached. */
  fail(error: DockError): void {
    if (this.#error === undefined) this.#error = error;
    else this.#error.attached.push(error);
  }

  /** The first failure. */
  get failure(): DockError | undefined {
    return this.#error;
  }

  report(isDryRun: boolean): GcReport {
    const { removed, kept, failed, recovered } = this;
    const error = this.#error;
    return {
      v: 1,
      status: error === undefined ? 'ok' : 'failed',
      exitStatus: error?.exitStatus ?? 0,
      isDryRun,
      removed,
      kept,
      failed,
      recovered,
      ...(error === undefined ? {} : { error: errorDocument(error) }),
    };
  }
}
