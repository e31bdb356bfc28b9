import { DockError, isDockError } from '../errors/dock-error.js';

/** How long one undo may take, ms (design §2). */
export const cleanupLimitMs = 10_000;

interface Undo {
  readonly name: string;
  readonly undo: (signal: AbortSignal) => unknown;
}

/** What has to be undone at the end of a run, last in, first out. */
export class CleanupStack {
  readonly #undos: Undo[] = [];

  add(name: string, undo: (signal: AbortSignal) => unknown): void {
    this.#undos.push({ name, undo });
  }

  /** Undo everything; each under its own deadline, and a failing one does not keep the next from running. */
  async run(onFailure: (error: DockError) => void): Promise<void> {
    for (let next = this.#undos.pop(); next !== undefined; next = this.#undos.pop()) {
      const failure = await undoOne(next);
      if (failure !== undefined) onFailure(failure);
    }
  }
}

async function undoOne({ name, undo }: Undo): Promise<DockError | undefined> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new DockError('TIMEOUT', `Cleaning up "${name}" took longer than ${cleanupLimitMs} ms.`, {
        hint: 'Something may be left; "dock gc" removes it.',
      });
      controller.abort(error);
      reject(error);
    }, cleanupLimitMs);
  });
  try {
    await Promise.race([(async () => undo(controller.signal))(), deadline]);
    return undefined;
  } catch (error) {
    if (isDockError(error)) return error;
    return new DockError(
      'INTERNAL',
      `Cleaning up "${name}" failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
}
