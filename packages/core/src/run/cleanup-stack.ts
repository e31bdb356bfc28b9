import { DockError, isDockError } from '../errors/dock-error.js';
import { isDiskFull, thrownMessage } from '../errors/thrown-message.js';
import { CleanupBudget, cleanupLimitMs, ownCleanupLimitMs } from './cleanup-budget.js';

interface Undo {
  readonly name: string;
  /** Absent for dock's own. */
  readonly plugin: string | undefined;
  readonly undo: (signal: AbortSignal) => unknown;
  /** Called when it is undone. */
  readonly onGone: (() => void) | undefined;
}

/** Whose undo it is, and who wants to know that it is done. */
export interface UndoOptions {
  readonly plugin?: string;
  readonly onGone?: () => void;
}

/** What has to be undone at the end of a run, last in, first out. */
export class CleanupStack {
  readonly #undos: Undo[] = [];
  #isOver = false;

  get size(): number {
    return this.#undos.length;
  }

  /** What comes after the end, from a tap that was given up and went on, is undone at once: nobody is left to do it later. */
  add(name: string, undo: (signal: AbortSignal) => unknown, { plugin, onGone }: UndoOptions = {}): void {
    if (typeof undo !== 'function') throw new TypeError(`the undo "${name}" is not a function`);
    if (this.#isOver) void undoLate({ name, plugin, undo, onGone });
    else this.#undos.push({ name, plugin, undo, onGone });
  }

  /** Undo everything; each under its own deadline, and a failing one does not keep the next from running. */
  async run(budget: CleanupBudget, onFailure: (error: DockError) => void): Promise<void> {
    for (let next = this.#undos.pop(); next !== undefined; next = this.#undos.pop()) {
      const failure = await undoOne(next, budget, this.#undos.length + 1);
      if (failure !== undefined) onFailure(failure);
    }
    this.#isOver = true;
  }
}

async function undoLate(undo: Undo): Promise<void> {
  const budget = new CleanupBudget(new AbortController().signal, undefined);
  await undoOne(undo, budget, 1);
  budget.close();
}

async function undoOne(
  { name, plugin, undo, onGone }: Undo,
  budget: CleanupBudget,
  calls: number,
): Promise<DockError | undefined> {
  const place = plugin === undefined ? {} : { plugin, hook: 'cleanup' as const };
  const share = budget.start(
    calls,
    (limitMs) =>
      new DockError('TIMEOUT', `Cleaning up "${name}" took longer than ${limitMs} ms.`, {
        ...place,
        hint: 'Something may be left; "dock gc" removes it.',
      }),
    plugin === undefined ? ownCleanupLimitMs : cleanupLimitMs,
  );
  const { signal } = share;
  const overTime = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as DockError), { once: true });
  });
  try {
    const work = (async () => undo(signal))();
    // Also when it gets done after nobody waits for it any longer.
    work.then(onGone, () => undefined);
    await Promise.race([work, overTime]);
    return undefined;
  } catch (error) {
    if (isDockError(error)) return error.within(place);
    const code = isDiskFull(error) ? 'DISK_FULL' : plugin === undefined ? 'INTERNAL' : 'PLUGIN_FAILED';
    return new DockError(code, `Cleaning up "${name}" failed: ${thrownMessage(error)}`, { ...place, cause: error });
  } finally {
    share.end();
  }
}
