import { type EngineEvent, isDigest } from '@dock/core';
import { transferProgress } from '../images/transfer.js';
import { keptLines, LineTail } from '@dock/core/internal';
import { isObject, type ProgressMessage, type StreamFailure } from '../stream/progress-stream.js';
import type { BuildEvidence, BuildStep } from '@dock/core/internal';

interface OpenStep extends BuildStep {
  readonly startedAt: number;
  isCached: boolean;
  isRunning: boolean;
  container: string;
  isRemoved: boolean;
}

/** The builder's note of a step's image. */
function isImageNote(text: string): boolean {
  return /^ ---> [0-9a-f]{12}\n?$/.test(text);
}

/** What {@link ClassicOutput} tells to. */
export interface ClassicOutputOptions {
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
  /** Called with the short ID of each container that the builder creates for a step. */
  readonly onContainer?: ((shortId: string) => void) | undefined;
}

const red = '\u001B[91m';
const plain = '\u001B[0m';

/**
 * Reads the classic builder's messages: `Step n/m` lines become steps, the rest their output. A step's own output comes on the same channel,
 * so a step header counts only when it is the next one, and a container only once a step and before any output.
 */
export class ClassicOutput {
  readonly #options: ClassicOutputOptions;
  readonly #tail = new LineTail(keptLines);
  #imageId: string | undefined;
  #step: OpenStep | undefined;
  #last = 0;
  #total: number | undefined;
  #pulling = '';

  constructor(options: ClassicOutputOptions) {
    this.#options = options;
  }

  /** Take one message of the stream. */
  message(message: ProgressMessage): void {
    const { stream, aux, status } = message;
    if (typeof stream === 'string') this.#text(stream);
    if (isObject(aux) && typeof aux.ID === 'string' && isDigest(aux.ID)) this.#imageId = aux.ID;
    if (typeof status === 'string') this.#progress(message);
  }

  /** Take a line that was no JSON. */
  raw(text: string): void {
    this.#log(`${text}\n`);
  }

  /** The stream is over. @param isCancelled The run stopped it: the step that is still open did not fail */
  finish(failure: StreamFailure | undefined, isCancelled = false): BuildEvidence {
    const step = this.#step;
    if (isCancelled) this.#end('cancelled');
    else this.#end(failure === undefined ? 'ok' : 'failed', failure?.message);
    // Every stage tells an ID: only the one after the last step is the image's.
    const isWhole = this.#total === undefined || this.#last === this.#total;
    return { imageId: isWhole ? this.#imageId : undefined, failure, step, lastLines: this.#tail.lines() };
  }

  #text(text: string): void {
    // The second form is podman's.
    const header = /^(?:Step (\d+)\/(\d+) : |STEP (\d+)\/(\d+): )(.*)$/s.exec(text);
    if (
      header !== null &&
      this.#begin(Number(header[1] ?? header[3]), Number(header[2] ?? header[4]), (header[5] ?? '').trim())
    )
      return;
    const step = this.#step;
    if (step !== undefined && !step.isRunning) {
      if (/^ ---> Using cache\n?$/.test(text)) {
        step.isCached = true;
        return;
      }
      const container = /^ ---> Running in ([0-9a-f]{12})\n?$/.exec(text)?.[1];
      if (container !== undefined) {
        step.isRunning = true;
        step.container = container;
        this.#options.onContainer?.(container);
        return;
      }
      if (isImageNote(text) || text === '\n') return;
    }
    if (this.#isBookkeeping(text)) return;
    // The builder colours a command's standard error red and marks it in no other way.
    const isError = text.startsWith(red) && text.endsWith(plain) && text.length >= red.length + plain.length;
    this.#log(isError ? text.slice(red.length, -plain.length) : text, isError ? 'stderr' : 'stdout');
  }

  /** The builder's own notes after a step's command: not what the command printed. */
  #isBookkeeping(text: string): boolean {
    const step = this.#step;
    if (step === undefined) return false;
    if (this.#imageId !== undefined && text.startsWith(`Successfully built ${this.#imageId.slice(7, 19)}`)) return true;
    const removed = /^(?: ---> Removed|Removing) intermediate container ([0-9a-f]{12})\n$/.exec(text)?.[1];
    if (removed !== undefined && removed === step.container) {
      step.isRemoved = true;
      return true;
    }
    return step.isRemoved && isImageNote(text);
  }

  #begin(index: number, total: number, name: string): boolean {
    const isNext = index === this.#last + 1 && (this.#total === undefined || this.#total === total);
    if (!isNext || index > total) return false;
    this.#end('ok');
    this.#imageId = undefined;
    this.#last = index;
    this.#total = total;
    const id = String(index);
    this.#step = {
      id,
      name,
      index,
      total,
      startedAt: performance.now(),
      isCached: false,
      isRunning: false,
      container: '',
      isRemoved: false,
    };
    this.#options.onEvent?.({ type: 'step.start', step: id, name, index, total });
    return true;
  }

  #end(status: 'ok' | 'failed' | 'cancelled', message?: string): void {
    const step = this.#step;
    if (step === undefined) return;
    this.#step = undefined;
    this.#options.onEvent?.({
      type: 'step.end',
      step: step.id,
      status,
      isCached: step.isCached,
      durationMs: Math.round(performance.now() - step.startedAt),
      ...(message === undefined ? {} : { message }),
    });
  }

  #log(text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    this.#tail.push(text);
    const step = this.#step;
    if (step === undefined) {
      const line = text.replace(/\r?\n$/, '');
      if (line !== '') this.#options.onEvent?.({ type: 'log', level: 'info', message: line, source: 'builder' });
      return;
    }
    this.#options.onEvent?.({ type: 'step.log', step: step.id, stream, text });
  }

  #progress(message: ProgressMessage): void {
    const progress = transferProgress(message);
    if (progress === undefined) return;
    const image = /^Pulling from (\S+)$/.exec(progress.status)?.[1];
    if (image !== undefined) this.#pulling = `${image}:${progress.layer ?? 'latest'}`;
    this.#options.onEvent?.({ type: 'pull.progress', reference: this.#pulling, ...progress });
  }
}
