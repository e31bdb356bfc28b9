import type { DockEvent } from '@dock/core';
import { LineSplitter } from './line-splitter.js';

/** Lines of a failed step that an error shows. */
const kept = 20;

interface Tail {
  readonly name: string;
  readonly splitter: LineSplitter;
  readonly lines: string[];
}

/** Remembers the last lines of each running build step, and of the step that failed. */
export class StepTail {
  readonly #open = new Map<string, Tail>();
  #failed: Tail | undefined;

  onEvent(event: DockEvent): void {
    if (event.type === 'step.start')
      this.#open.set(event.step, { name: event.name, splitter: new LineSplitter(), lines: [] });
    if (event.type === 'step.log') {
      const tail = this.#open.get(event.step);
      if (tail !== undefined) add(tail, tail.splitter.push(event.text));
    }
    if (event.type === 'step.end') {
      const tail = this.#open.get(event.step);
      this.#open.delete(event.step);
      if (tail === undefined || event.status !== 'failed') return;
      add(tail, tail.splitter.end());
      this.#failed ??= tail;
    }
  }

  /** The first step that failed, with its last lines; a step that was still running counts when none is known to have failed. */
  failed(): { readonly name: string; readonly lines: readonly string[] } | undefined {
    if (this.#failed !== undefined) return this.#failed;
    const last = [...this.#open.values()].at(-1);
    if (last !== undefined) add(last, last.splitter.end());
    return last;
  }
}

function add(tail: Tail, lines: readonly string[]): void {
  tail.lines.push(...lines.slice(-kept));
  tail.lines.splice(0, Math.max(0, tail.lines.length - kept));
}
