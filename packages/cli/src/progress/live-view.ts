import { cleanText } from '../output/clean-text.js';
import { cutToWidth } from './display-width.js';
import { formatBytes, formatSeconds } from './format-time.js';
import type { ViewOutput } from './plain-view.js';
import type { Vertex, VertexEnd, VertexView } from './vertex-board.js';

/** Lines of output that a running vertex shows. */
const tailLines = 4;
/** Time between two paintings, ms. */
const frameMs = 100;

interface Running {
  readonly vertex: Vertex;
  readonly tail: string[];
}

/** Size of a terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** For a terminal: what is over scrolls by, what runs stays below with its time and last lines. */
export class LiveView implements VertexView {
  readonly #output: ViewOutput;
  readonly #size: () => TerminalSize;
  readonly #running = new Map<Vertex, Running>();
  #painted = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: ViewOutput, size: () => TerminalSize) {
    this.#output = output;
    this.#size = size;
  }

  start(vertex: Vertex): void {
    this.#running.set(vertex, { vertex, tail: [] });
    this.#schedule();
  }

  line(vertex: Vertex, text: string): void {
    const running = this.#running.get(vertex);
    if (running === undefined) return;
    running.tail.push(...this.#clean(text).split('\n'));
    running.tail.splice(0, Math.max(0, running.tail.length - tailLines));
    this.#schedule();
  }

  move(): void {
    this.#schedule();
  }

  end(vertex: Vertex, how: VertexEnd, durationMs: number, message?: string): void {
    const { colours } = this.#output;
    this.#running.delete(vertex);
    const mark = { done: colours.green('✓'), cached: colours.green('✓'), failed: colours.red('✗'), cancelled: '-' }[
      how
    ];
    const time = how === 'cached' ? 'cached' : how === 'cancelled' ? 'cancelled' : formatSeconds(durationMs);
    const lines = [`${mark} ${this.#row(this.#clean(vertex.title), time, 2)}`];
    if (how === 'failed' && message !== undefined) lines.push(`  ${colours.red(this.#cut(this.#clean(message), 2))}`);
    this.#print(lines);
  }

  note(level: 'info' | 'warn' | 'error', text: string): void {
    const { colours } = this.#output;
    const label = { info: '', warn: colours.yellow('WARNING: '), error: colours.red('ERROR: ') }[level];
    this.#print([`${label}${this.#clean(text)}`]);
  }

  /** Take what is below off the screen. */
  stop(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#output.write(this.#erase());
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#paint([]);
      if (this.#running.size > 0) this.#schedule();
    }, frameMs);
    this.#timer.unref();
  }

  #print(lines: readonly string[]): void {
    this.#paint(lines);
  }

  #paint(above: readonly string[]): void {
    const below = this.#below();
    const lines = [...above, ...below].map((line) => `${line}\n`).join('');
    this.#output.write(`${this.#erase()}${lines}`);
    this.#painted = below.length;
  }

  #erase(): string {
    const text = this.#painted > 0 ? `\x1b[${this.#painted}A\x1b[0J` : '';
    this.#painted = 0;
    return text;
  }

  #below(): string[] {
    const { colours } = this.#output;
    const now = Date.now();
    const lines = [...this.#running.values()].flatMap(({ vertex, tail }) => {
      const time = formatSeconds(Math.max(0, now - vertex.startedAt));
      const moved = movedBytes(vertex);
      return [
        `${colours.cyan('›')} ${this.#row(this.#clean(vertex.title), moved === '' ? time : `${moved} ${time}`, 2)}`,
        ...tail.map((line) => `  ${colours.dim(this.#cut(line, 2))}`),
      ];
    });
    return lines.slice(0, Math.max(1, this.#size().rows - 2));
  }

  /** Text to the left, time to the right, in one row. */
  #row(text: string, right: string, indent: number): string {
    const room = Math.max(10, this.#size().columns - indent - right.length - 2);
    const left = cutToWidth(text.replaceAll('\n', ' '), room);
    return `${left} ${this.#output.colours.dim(right)}`;
  }

  #cut(text: string, indent: number): string {
    return cutToWidth(text.replaceAll('\n', ' '), Math.max(10, this.#size().columns - indent - 1));
  }

  /** Without colour: what is cut to a width must not hold sequences. */
  #clean(text: string): string {
    return cleanText(text, { ...this.#output.clean, colour: false }).replaceAll('\t', '  ');
  }
}

function movedBytes({ layers }: Vertex): string {
  if (layers.size === 0) return '';
  let current = 0;
  let total = 0;
  for (const layer of layers.values()) {
    current += layer.current;
    total += layer.total;
  }
  return `${formatBytes(current)} / ${formatBytes(total)}`;
}
