import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SubmoduleLimits } from '../contracts/checkout.js';
import { submodulesRefused } from './list-submodules.js';

const gibibyte = 1024 ** 3;

/** A watch on the packs of one fetch. */
export interface PackWatch {
  /** Ends the watch of a fetch that is whole, and counts what came. @throws SUBMODULES_REFUSED once a limit is passed */
  count(): void;
  /** Ends the watch, whatever became of the fetch. */
  stop(): void;
}

/** Counts what the submodules of one source take. Every method throws SUBMODULES_REFUSED once a limit is passed. */
export class SubmoduleBudget {
  readonly #limits: Required<SubmoduleLimits>;
  readonly #subject: string;
  #count = 0;
  #bytes = 0;

  /** @param subject The URL of the source, for people. */
  constructor(limits: SubmoduleLimits, subject: string) {
    this.#limits = { count: 1000, depth: 10, bytes: 10 * gibibyte, ...limits };
    this.#subject = subject;
  }

  /** One more submodule. @param depth 1 for those of the source itself */
  addModule(depth: number): void {
    this.#count += 1;
    const { count, depth: deepest } = this.#limits;
    if (depth > deepest) throw this.#over(`are nested more than ${deepest} deep`, 'depth');
    if (this.#count > count) throw this.#over(`are more than ${count}`, 'count');
  }

  addBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.bytes) throw this.#overSize();
  }

  /**
   * Ends a fetch that brings more than is left.
   *
   * @param directory Of the repository, where packs come in.
   * @returns the watch, which is to be stopped
   */
  watch(directory: string, end: (error: unknown) => void): PackWatch {
    const packs = join(directory, '.git', 'objects', 'pack');
    const timer = setInterval(() => {
      if (this.#bytes + sizeOf(packs) > this.#limits.bytes) end(this.#overSize());
    }, 200);
    return {
      stop: () => clearInterval(timer),
      count: () => {
        clearInterval(timer);
        this.addBytes(sizeOf(packs));
      },
    };
  }

  #overSize() {
    return this.#over(`have more than ${this.#limits.bytes} bytes`, 'bytes');
  }

  #over(what: string, key: keyof SubmoduleLimits) {
    return submodulesRefused(
      `The submodules of "${this.#subject}" ${what}.`,
      `Leave them out with --no-submodules, or set "submodules: { ${key}: … }" in the source of the config.`,
    );
  }
}

/** Bytes of a directory's files; those that go while it looks are nothing. */
function sizeOf(directory: string): number {
  try {
    return readdirSync(directory).reduce(
      (sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
