import { cleanText, type CleanOptions } from '../output/clean-text.js';
import type { Colours } from '../output/colours.js';
import { formatSeconds } from './format-time.js';
import type { Vertex, VertexEnd, VertexView } from './vertex-board.js';

/** What a view writes with. */
export interface ViewOutput {
  readonly write: (text: string) => void;
  readonly colours: Colours;
  readonly clean: CleanOptions;
}

/** Lines in the grammar of BuildKit's plain progress: `#4 [2/3] RUN make`, `#4 0.412 output`, `#4 DONE 0.5s`. */
export class PlainView implements VertexView {
  readonly #output: ViewOutput;
  #current: Vertex | undefined;

  constructor(output: ViewOutput) {
    this.#output = output;
  }

  start(vertex: Vertex): void {
    this.#switchTo(vertex);
  }

  line(vertex: Vertex, text: string, at: number): void {
    this.#switchTo(vertex);
    const seconds = (Math.max(0, at - vertex.startedAt) / 1000).toFixed(3);
    // What a gate or a plugin says may have several lines; each is one of its vertex.
    for (const line of this.#lines(text)) this.#write(`#${vertex.number} ${seconds} ${line}`);
  }

  move(): void {}

  end(vertex: Vertex, how: VertexEnd, durationMs: number, message?: string): void {
    this.#switchTo(vertex);
    const { colours } = this.#output;
    const words = {
      done: () => `DONE ${formatSeconds(durationMs)}`,
      cached: () => 'CACHED',
      failed: () => colours.red(message === undefined ? 'ERROR' : `ERROR: ${this.#clean(message)}`),
      cancelled: () => colours.yellow('CANCELED'),
    };
    this.#write(`#${vertex.number} ${words[how]()}`);
    this.#write('');
    this.#current = undefined;
  }

  note(level: 'info' | 'warn' | 'error', text: string): void {
    const { colours } = this.#output;
    const label = { info: '', warn: colours.yellow('WARNING: '), error: colours.red('ERROR: ') };
    this.#write(`${label[level]}${this.#clean(text)}`);
  }

  #switchTo(vertex: Vertex): void {
    if (this.#current === vertex) return;
    if (this.#current !== undefined) this.#write(`#${this.#current.number} ...\n`);
    this.#current = vertex;
    this.#write(this.#output.colours.blue(`#${vertex.number} ${this.#clean(vertex.title)}`));
  }

  #clean(text: string): string {
    return this.#lines(text).join('\n    ');
  }

  /** Without the empty one after a newline at the end. */
  #lines(text: string): string[] {
    return cleanText(text, this.#output.clean).replace(/\n$/, '').split('\n');
  }

  #write(line: string): void {
    this.#output.write(`${line}\n`);
  }
}
