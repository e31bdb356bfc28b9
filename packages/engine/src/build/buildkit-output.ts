import { type EngineEvent, isDigest } from '@dock/core';
import { LineTail, StreamDecoders } from '../stream/output-tail.js';
import { isObject, type ProgressMessage, type StreamFailure } from '../stream/progress-stream.js';
import type { BuildEvidence, BuildStep } from './build-evidence.js';
import { warningEvent } from './build-failure.js';
import { keptLines } from './classic-output.js';
import { outputCutWarning, outputLimitOf } from './output-limit.js';
import { decodeTrace, type Trace, type TraceStatus, type TraceVertex } from './trace.js';

type StepStatus = 'ok' | 'failed' | 'cancelled';

interface VertexState extends BuildStep {
  readonly digest: string;
  readonly tail: LineTail;
  /** Limits of the engine at which output of the step was left out. */
  readonly limits: Set<string>;
  isOpen: boolean;
  isDone: boolean;
}

/** Position of an instruction in BuildKit's names: `[2/3] RUN x`, `[build 1/4] FROM y`. */
const position = /^\[(?:(?!internal\b)[^\]]*? )?(\d+)\/(\d+)\] /;

/** What BuildKit says of a step that it stopped because another one failed, whatever status its command ended with. */
const wasStopped = /context canceled|^cancelled$/i;

/** Failed steps that are told of a build that came to its end. */
const failuresKept = 20;

const wentOn = ({ name }: BuildStep, error: string): string =>
  `"${name}" failed, and the builder went on without it: ${error}`;

/** Reads BuildKit's messages: the trace becomes steps, their output and progress. */
export class BuildkitOutput {
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #vertexes = new Map<string, VertexState>();
  readonly #decoders = new StreamDecoders();
  readonly #tail = new LineTail(keptLines);
  #imageId: string | undefined;
  readonly #failed: { readonly step: VertexState; readonly error: string }[] = [];
  #badTraces = 0;

  constructor(onEvent: ((event: EngineEvent) => void) | undefined) {
    this.#onEvent = onEvent ?? (() => undefined);
  }

  /** Take one message of the stream. */
  message(message: ProgressMessage): void {
    const { id, aux, stream } = message;
    if (id === 'moby.buildkit.trace' && typeof aux === 'string') this.#trace(aux);
    else if (isObject(aux) && typeof aux.ID === 'string' && isDigest(aux.ID)) this.#imageId = aux.ID;
    else if (typeof stream === 'string') this.raw(stream.trimEnd());
  }

  /** Take a line that was no JSON. */
  raw(text: string): void {
    this.#tail.push(`${text}\n`);
    if (text !== '') this.#onEvent({ type: 'log', level: 'info', message: text, source: 'builder' });
  }

  /** The stream is over. @param isCancelled The run stopped it: what is still open did not fail */
  finish(failure: StreamFailure | undefined, isCancelled = false): BuildEvidence {
    // An image without an error of the build is evidence enough: the builder goes on without a cache that it cannot import.
    const isBuilt = failure === undefined && this.#imageId !== undefined;
    // The builder's last word names the step's own; the first that failed is it otherwise.
    const failed = isBuilt
      ? undefined
      : (this.#failed.find(({ error }) => failure?.message.endsWith(error) === true) ?? this.#failed[0]);
    const told = failure ?? (failed === undefined ? undefined : { message: failed.error });
    if (isBuilt) for (const each of this.#failed) this.#onEvent(warningEvent(wentOn(each.step, each.error)));
    for (const state of this.#vertexes.values())
      if (state.isOpen) this.#endOpen(state, told, isCancelled || failed !== undefined);
    const lines = failed?.step.tail.lines() ?? [];
    return {
      imageId: this.#imageId,
      failure: told,
      step: failed?.step,
      ...(failed === undefined ? {} : { outputLimits: [...failed.step.limits] }),
      lastLines: lines.length > 0 ? lines : this.#tail.lines(),
    };
  }

  #trace(base64: string): void {
    let trace: Trace;
    try {
      trace = decodeTrace(base64);
    } catch (error) {
      this.#badTraces += 1;
      if (this.#badTraces === 1) this.#onEvent(warningEvent(`the engine's progress cannot be read: ${String(error)}`));
      return;
    }
    for (const vertex of trace.vertexes) this.#vertex(vertex, 'start');
    for (const status of trace.statuses) this.#status(status);
    for (const { vertex, stream, bytes } of trace.logs) this.#log(vertex, stream, bytes);
    for (const { text } of trace.warnings) this.#onEvent(warningEvent(text));
    // After the logs: the same message may hold a step's last words and its end.
    for (const vertex of trace.vertexes) this.#vertex(vertex, 'end');
  }

  #vertex(vertex: TraceVertex, side: 'start' | 'end'): void {
    const { digest, startedAt, completedAt, error } = vertex;
    const state = this.#vertexes.get(digest) ?? this.#know(vertex);
    if (side === 'start') {
      if (startedAt === undefined || state.isOpen || state.isDone) return;
      state.isOpen = true;
      const { id, name, index, total } = state;
      this.#onEvent({
        type: 'step.start',
        step: id,
        name,
        ...(index === undefined ? {} : { index }),
        ...(total === undefined ? {} : { total }),
      });
      return;
    }
    if (completedAt === undefined || !state.isOpen) return;
    const status = error === '' ? 'ok' : wasStopped.test(error) ? 'cancelled' : 'failed';
    const durationMs = Math.max(0, completedAt - (startedAt ?? completedAt));
    this.#end(state, status, vertex.isCached, durationMs, status === 'failed' ? error : undefined);
    if (status === 'failed' && this.#failed.length < failuresKept) this.#failed.push({ step: state, error });
  }

  #endOpen(state: VertexState, told: StreamFailure | undefined, isCancelled: boolean): void {
    const status = told === undefined ? 'ok' : isCancelled ? 'cancelled' : 'failed';
    this.#end(state, status, false, 0, status === 'failed' ? told?.message : undefined);
  }

  #know({ digest, name }: TraceVertex): VertexState {
    const [, index, total] = position.exec(name) ?? [];
    const state: VertexState = {
      digest,
      id: String(this.#vertexes.size + 1),
      name,
      ...(index === undefined ? {} : { index: Number(index), total: Number(total) }),
      tail: new LineTail(keptLines),
      limits: new Set(),
      isOpen: false,
      isDone: false,
    };
    this.#vertexes.set(digest, state);
    return state;
  }

  #end(state: VertexState, status: StepStatus, isCached: boolean, durationMs: number, message?: string): void {
    for (const stream of ['stdout', 'stderr'] as const)
      this.#text(state, stream, this.#decoders.end(`${state.digest} ${stream}`));
    state.isOpen = false;
    state.isDone = true;
    this.#onEvent({
      type: 'step.end',
      step: state.id,
      status,
      isCached,
      durationMs: Math.round(durationMs),
      ...(message === undefined || message === '' ? {} : { message }),
    });
  }

  #log(digest: string, stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    const state = this.#vertexes.get(digest);
    if (state === undefined) return;
    const text = this.#decoders.decode(`${digest} ${stream}`, bytes);
    this.#text(state, stream, text);
    const limit = outputLimitOf(text);
    if (limit === undefined || state.limits.has(limit)) return;
    state.limits.add(limit);
    this.#onEvent(outputCutWarning(state, limit));
  }

  #text(state: VertexState, stream: 'stdout' | 'stderr', text: string): void {
    if (text === '') return;
    state.tail.push(text);
    this.#tail.push(text);
    this.#onEvent({ type: 'step.log', step: state.id, stream, text });
  }

  #status({ vertex, id, name, current, total }: TraceStatus): void {
    const base = this.#vertexes.get(vertex)?.name ?? '';
    const reference = /^\[[^\]]*\] FROM (\S+)/.exec(base)?.[1];
    if (reference === undefined) return;
    this.#onEvent({
      type: 'pull.progress',
      reference,
      ...(id.startsWith('sha256:') || name.startsWith('sha256:') ? { layer: id } : {}),
      status: name || id,
      ...(current > 0 ? { current } : {}),
      ...(total > 0 ? { total } : {}),
    });
  }
}
