import type { DockEvent, ProgressEvent } from '@dock/core';
import { LineSplitter } from './line-splitter.js';

/** One thing that is being done: a build step, a pull, a push, a gate, the fetching of the source. */
export interface Vertex {
  /** From 1, in the order of appearance. */
  readonly number: number;
  readonly title: string;
  /** ms since the epoch, by the events' own clock. */
  readonly startedAt: number;
  /** Bytes moved so far, by layer. */
  readonly layers: Map<string, { readonly current: number; readonly total: number }>;
}

/** How a vertex ended. */
export type VertexEnd = 'done' | 'cached' | 'failed' | 'cancelled';

/** What shows vertices to a person. */
export interface VertexView {
  start(vertex: Vertex): void;
  /** @param at ms since the epoch */
  line(vertex: Vertex, text: string, at: number): void;
  /** Bytes of the vertex changed. */
  move(vertex: Vertex): void;
  /** @param durationMs As the event says */
  end(vertex: Vertex, how: VertexEnd, durationMs: number, message?: string): void;
  /** A line that belongs to no vertex. */
  note(level: 'info' | 'warn' | 'error', text: string): void;
}

/** Words of an engine that say that a layer is through. */
const finalStatus = /complete|already exists|pushed|mounted/i;

/** Reads the event stream and tells a view what to show: the one place that knows which events people see. */
export class VertexBoard {
  readonly #view: VertexView;
  readonly #open = new Map<string, Vertex>();
  readonly #splitters = new Map<string, LineSplitter>();
  readonly #numbers = new Map<string, number>();
  #count = 0;
  #source = '';

  constructor(view: VertexView) {
    this.#view = view;
  }

  handle(event: DockEvent): void {
    const at = Date.parse(event.time);
    switch (event.type) {
      case 'run.start':
        this.#source = event.source.replaceAll('"', '');
        return;
      case 'phase.start':
        if (event.phase === 'source') this.#start('phase source', `[source] ${this.#source}`, at);
        return;
      case 'phase.end':
        this.#endTransfers(event.status === 'ok' ? 'done' : event.status, at);
        if (event.phase === 'source')
          this.#end('phase source', event.status === 'ok' ? 'done' : event.status, event.durationMs);
        return;
      case 'plugin.start':
        if (event.hook === 'prepublish')
          this.#start(`tap ${event.hook} ${event.tap}`, `[${event.hook}] ${event.plugin}`, at);
        return;
      case 'plugin.end':
        this.#endTap(event, at);
        return;
      case 'step.start':
        this.#start(`step ${event.step}`, stepTitle(event), at);
        return;
      case 'step.log':
        this.#log(`step ${event.step}`, event.stream, event.text, at);
        return;
      case 'step.progress':
        this.#moveStep(event);
        return;
      case 'step.end':
        this.#end(
          `step ${event.step}`,
          event.status === 'ok' ? (event.isCached ? 'cached' : 'done') : event.status,
          event.durationMs,
          event.message,
        );
        return;
      case 'pull.progress':
      case 'push.progress':
        this.#transfer(event, at);
        return;
      case 'log':
        if (event.level !== 'debug') this.#note(event, at);
        return;
      case 'warning':
        this.#view.note('warn', warningText(event));
        return;
      case 'error':
        return;
      case 'run.end':
        for (const key of this.#open.keys()) this.#end(key, event.status === 'failed' ? 'failed' : 'cancelled', 0);
    }
  }

  #start(key: string, title: string, at: number): Vertex {
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const number = this.#numberOf(key, title);
    const vertex: Vertex = { number, title, startedAt: at, layers: new Map() };
    this.#open.set(key, vertex);
    this.#view.start(vertex);
    return vertex;
  }

  /** A step that a builder does in parts keeps its number. */
  #numberOf(key: string, title: string): number {
    const name = `${key} ${title}`;
    const known = key.startsWith('step ') ? this.#numbers.get(name) : undefined;
    if (known !== undefined) return known;
    this.#count += 1;
    this.#numbers.set(name, this.#count);
    return this.#count;
  }

  #log(key: string, stream: string, text: string, at: number): void {
    const vertex = this.#open.get(key);
    if (vertex === undefined) return;
    const splitterKey = `${stream} ${key}`;
    let splitter = this.#splitters.get(splitterKey);
    if (splitter === undefined) this.#splitters.set(splitterKey, (splitter = new LineSplitter()));
    for (const line of splitter.push(text)) this.#view.line(vertex, line, at);
  }

  #moveStep({ step, status, current, total }: Extract<DockEvent, { type: 'step.progress' }>): void {
    const vertex = this.#open.get(`step ${step}`);
    if (vertex === undefined || current === undefined) return;
    vertex.layers.set(status, { current, total: total ?? current });
    this.#view.move(vertex);
  }

  #end(key: string, how: VertexEnd, durationMs: number, message?: string): void {
    const vertex = this.#open.get(key);
    if (vertex === undefined) return;
    for (const stream of ['stdout', 'stderr']) {
      const rest = this.#splitters.get(`${stream} ${key}`)?.end() ?? [];
      for (const line of rest) this.#view.line(vertex, line, vertex.startedAt + durationMs);
      this.#splitters.delete(`${stream} ${key}`);
    }
    this.#open.delete(key);
    this.#view.end(vertex, how, durationMs, message);
  }

  /** What dock says while it fetches the source, and a gate while it runs, belongs there. */
  #note({ level, message, source = '' }: Extract<DockEvent, { type: 'log' }>, at: number): void {
    const title = `[prepublish] ${source}`;
    const place =
      source === 'dock:source'
        ? this.#open.get('phase source')
        : [...this.#open.values()].find((vertex) => vertex.title === title);
    if (place !== undefined && level === 'info') this.#view.line(place, message, at);
    else if (level !== 'debug')
      this.#view.note(level, source === '' || source.startsWith('dock:') ? message : `${source}: ${message}`);
  }

  #endTap(event: Extract<DockEvent, { type: 'plugin.end' }>, at: number): void {
    const key = `tap ${event.hook} ${event.tap}`;
    if (event.status === 'failed' && !event.plugin.startsWith('dock:'))
      this.#start(key, `[${event.hook}] ${event.plugin}`, at);
    this.#endTransfers(event.status === 'failed' ? 'failed' : 'done', at);
    this.#end(key, event.status === 'failed' ? 'failed' : 'done', event.durationMs);
  }

  #transfer(event: DockEvent & ProgressEvent<'pull.progress' | 'push.progress'>, at: number): void {
    const verb = event.type === 'pull.progress' ? 'pull' : 'push';
    const vertex = this.#start(`${verb} ${event.reference}`, `[${verb}] ${event.reference}`, at);
    if (event.layer === undefined) return;
    const { current, total } = event;
    if (current !== undefined && total !== undefined) vertex.layers.set(event.layer, { current, total });
    if (finalStatus.test(event.status)) {
      const last = vertex.layers.get(event.layer);
      if (last !== undefined) vertex.layers.set(event.layer, { current: last.total, total: last.total });
      this.#view.line(vertex, `${event.layer}: ${event.status}`, at);
    } else this.#view.move(vertex);
  }

  #endTransfers(how: VertexEnd, at: number): void {
    for (const [key, vertex] of this.#open)
      if (/^pu(?:ll|sh) /.test(key)) this.#end(key, how, Math.max(0, at - vertex.startedAt));
  }
}

/** As BuildKit writes it: `[2/3] RUN …`; a builder that has counted already is left alone. */
function stepTitle(event: Extract<DockEvent, { type: 'step.start' }>): string {
  if (event.index === undefined || event.name.startsWith('[')) return event.name;
  return `[${event.index}${event.total === undefined ? '' : `/${event.total}`}] ${event.name}`;
}

/** A cause beyond this is in the log. */
const longestCause = 200;

function warningText({ message, hint, plugin, cause = [] }: Extract<DockEvent, { type: 'warning' }>): string {
  const subject = plugin === undefined || plugin.startsWith('dock:') ? '' : `${plugin}: `;
  // Its first line, where the message does not say it already.
  const causes = cause.map((text) => text.trim().split('\n', 1)[0] ?? '').filter((text) => text !== '');
  const told = causes.filter((text) => !message.includes(text)).map((text) => shortened(text, longestCause));
  return [`${subject}${message}`, ...(told.length === 0 ? [] : [`(cause: ${told.join('; ')})`]), hint ?? '']
    .filter((part) => part !== '')
    .join(' ');
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
