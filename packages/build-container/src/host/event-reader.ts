import { StringDecoder } from 'node:string_decoder';
import { DockError, type DockEvent, type StateLine } from '@dock/core';
import { dropPrototypes } from '@dock/core/internal';
import { readEvent, readStateLine } from '@dock/core/elsewhere';
import type { AnnouncedSecret, KeptState, Refusal } from '../protocol.js';

/** Characters of one line; an event is far below. */
const lineLimit = 64 * 1024 * 1024;

/** What a container says on its event stream. */
export interface EventReaderOptions {
  readonly runId: string;
  /** What it returns is waited for before more is read. */
  readonly onEvent: (event: DockEvent) => unknown;
  /** Takes what must be known should the container be killed. */
  readonly onState?: (line: StateLine) => void;
  /** Takes a value that is to be masked. */
  readonly onSecret?: (value: string) => void;
}

/**
 * Reads the event stream of a build container: one event a line, of one run, numbered without gaps, `run.end` last; and between them lines of the run's
 * state, and secrets. It trusts nothing else.
 *
 * The memory that it takes is that of one line.
 */
export class EventReader {
  readonly #options: EventReaderOptions;
  readonly #decoder = new StringDecoder('utf8');
  #line: string[] = [];
  #length = 0;
  #seq = 0;
  #refusal: Refusal['refusal'] | undefined;
  #hasEnded = false;

  constructor(options: EventReaderOptions) {
    this.#options = options;
  }

  /** Events that were read. */
  get count(): number {
    return this.#seq;
  }

  /** Whether its last event was read. */
  get isComplete(): boolean {
    return this.#hasEnded;
  }

  /** Why the container did not begin. */
  get refusal(): Refusal['refusal'] | undefined {
    return this.#refusal;
  }

  /** Take the next piece, wherever it is cut; a promise while whoever takes the events is behind. @throws EVENTS_BROKEN */
  push(piece: Uint8Array): unknown {
    const text = this.#decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    let from = 0;
    let behind: unknown;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      this.#line.push(text.slice(from, at));
      behind = this.#take(this.#line.join('')) ?? behind;
      this.#line = [];
      this.#length = 0;
      from = at + 1;
    }
    const rest = text.slice(from);
    if (rest === '') return behind;
    this.#line.push(rest);
    this.#length += rest.length;
    if (this.#length > lineLimit) throw broken(`a line is longer than ${lineLimit} characters`);
    return behind;
  }

  /** The stream is over. @throws EVENTS_BROKEN when the last event is not `run.end` */
  end(): void {
    const rest = this.#line.join('') + this.#decoder.end();
    if (rest !== '') throw broken(`it ends inside of a line, after event ${this.#seq}`);
    if (!this.#hasEnded) throw broken(`it ends without "run.end", after event ${this.#seq}`);
  }

  #take(line: string): unknown {
    let value: unknown;
    try {
      value = JSON.parse(line, dropPrototypes);
    } catch {
      throw broken(`after event ${this.#seq} comes ${quote(line)}, which is not JSON`);
    }
    const refusal = (value as Partial<Refusal> | null)?.refusal;
    if (this.#seq === 0 && typeof refusal?.code === 'string') {
      this.#refusal = { code: refusal.code, detail: String(refusal.detail) };
      return undefined;
    }
    const secret = (value as Partial<AnnouncedSecret> | null)?.secret;
    if (secret !== undefined) {
      // Not quoted: it may be one all the same.
      if (typeof secret !== 'string') throw broken(`after event ${this.#seq} comes a secret that is no text`);
      this.#options.onSecret?.(secret);
      return undefined;
    }
    const kept = (value as Partial<KeptState> | null)?.state;
    if (kept !== undefined) {
      const state = readStateLine(kept);
      if (state === undefined)
        throw broken(`after event ${this.#seq} comes ${quote(line)}, which is no state of a run`);
      this.#options.onState?.(state);
      return undefined;
    }
    const event = readEvent(value);
    if (event === undefined) throw broken(`after event ${this.#seq} comes ${quote(line)}, which is no event`);
    if (event.run !== this.#options.runId) throw broken(`event ${event.seq} is of another run, "${event.run}"`);
    if (event.seq !== this.#seq + 1) throw broken(`after event ${this.#seq} comes event ${event.seq}`);
    if (this.#hasEnded) throw broken(`event ${event.seq} comes after "run.end"`);
    this.#seq = event.seq;
    this.#hasEnded = event.type === 'run.end';
    return this.#options.onEvent(event);
  }
}

const quote = (line: string) => JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}…` : line);

function broken(why: string): DockError {
  return new DockError('EVENTS_BROKEN', `The event stream of the build container is broken: ${why}.`);
}
