import type { EngineEvent } from '@dock/core';
import {
  type BuilderFailure,
  type BuildEvidence,
  type BuildStep,
  keptLines,
  LineTail,
  StreamDecoders,
  warningEvent,
} from '@dock/core/internal';
import type { StatusResponse, Timestamp, Vertex, VertexStatus, VertexWarning } from '../wire/control_pb.js';
import { goneWithout, isAbsentCache } from '../cache/cache-trouble.js';
import { isNameRace } from './name-race.js';
import { outputCutWarning, outputLimitOf } from './output-limit.js';
import { stepPlatform } from './step-platform.js';

interface StepState extends BuildStep {
  readonly digest: string;
  readonly tail: LineTail;
  /** Limits of the builder at which output of the step was left out. */
  readonly limits: Set<string>;
  isOpen: boolean;
  /** ms of the times that it ran and ended. */
  ranMs: number;
  isCached: boolean;
  /** Empty while it did not fail. */
  error: string;
  /** The last progress that was told: builders say the same thing again when it is through. */
  told: string;
}

/** Position of an instruction in BuildKit's names: `[2/3] RUN x`, `[build 1/4] FROM y`. */
const position = /^\[(?:(?!internal\b)[^\]]*? )?(\d+)\/(\d+)\] /;

type StepStatus = 'ok' | 'failed' | 'cancelled';

/** What BuildKit says of a step that it stopped because another one failed, whatever status its command ended with. */
const wasStopped = /context canceled|^cancelled$/i;

function statusOf({ name, error }: Pick<StepState, 'name' | 'error'>): StepStatus {
  if (error === '' || isAbsentCache(name, error)) return 'ok';
  return wasStopped.test(error) ? 'cancelled' : 'failed';
}

/** Failed steps that are told of a build that came to its end. */
const failuresKept = 20;

/** What the builder's answer says of the result. */
export type BuildAnswer = Pick<BuildEvidence, 'imageId' | 'configDigest' | 'isIndex' | 'platforms' | 'response'> & {
  readonly failure: BuilderFailure | undefined;
  /** Digest of the step at which the builder lays the failure. */
  readonly vertex?: string | undefined;
};

/** Turns the status of a build into steps, their output and progress. */
export class StatusReader {
  readonly #onEvent: (event: EngineEvent) => void;
  readonly #steps = new Map<string, StepState>();
  /** Steps whose end is not told yet: they ended well in the last message, and those that run in parts begin again at once; or a race may be run again. */
  readonly #ending = new Set<StepState>();
  readonly #decoders = new StreamDecoders();
  readonly #tail = new LineTail(keptLines);
  readonly #warned = new Set<string>();

  constructor(onEvent: (event: EngineEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** Take one message. */
  take({ vertexes, statuses, logs, warnings }: StatusResponse): void {
    const before = [...this.#ending];
    const ended: StepState[] = [];
    for (const vertex of vertexes) {
      const state = this.#move(vertex);
      if (state !== undefined) ended.push(state);
    }
    this.#endHeld(before.filter(({ error }) => !isNameRace(error)));
    for (const status of statuses) this.#status(status);
    for (const { vertex, stream, msg } of logs) this.#log(vertex, Number(stream) === 2 ? 'stderr' : 'stdout', msg);
    for (const warning of warnings) this.#warn(warning);
    // After the logs: the same message may hold a step's last words and its end.
    for (const state of ended)
      if (this.#ending.has(state) && (state.isCached || state.error !== '') && !isNameRace(state.error))
        this.#end(state);
  }

  /** The build is asked for once more: what failed in the try before did not fail this build. */
  again(): void {
    this.#flush();
    this.#endHeld([...this.#ending].filter(({ error }) => error === ''));
    for (const state of this.#steps.values()) {
      if (state.isOpen) this.#end(state, 'cancelled');
      state.error = '';
    }
  }

  /** The steps that were told, by name. */
  get names(): readonly string[] {
    return [...this.#steps.values()].map(({ name }) => name);
  }

  /** Whether any step was told. */
  get hasBegun(): boolean {
    return this.#steps.size > 0;
  }

  /** Whether a step has failed so far. */
  get hasFailed(): boolean {
    return this.#failed().length > 0;
  }

  #failed(): readonly StepState[] {
    return [...this.#steps.values()].filter((state) => statusOf(state) === 'failed');
  }

  #absentCaches(): readonly StepState[] {
    return [...this.#steps.values()].filter(({ name, error }) => error !== '' && isAbsentCache(name, error));
  }

  /** The build is over. @param isCancelled The run stopped it: what is still open did not fail */
  finish({ failure, imageId, vertex, ...answer }: BuildAnswer, isCancelled = false): BuildEvidence {
    this.#flush();
    this.#endHeld([...this.#ending]);
    const failed = this.#failed();
    // An answer without an error of the build is evidence enough: the builder goes on without a cache that it cannot import.
    const isBuilt = failure === undefined && (imageId !== undefined || answer.response !== undefined);
    const blamed = isBuilt ? undefined : blame(failed, failure, vertex);
    const told = failure ?? (blamed === undefined ? undefined : { message: blamed.error });
    if (isBuilt)
      for (const { name, error } of [...failed, ...this.#absentCaches()].slice(0, failuresKept))
        this.#onEvent(goneWithout(name, error));
    for (const state of this.#steps.values())
      if (state.isOpen) this.#endOpen(state, told, isCancelled || blamed !== undefined);
    const lines = blamed?.tail.lines() ?? [];
    return {
      ...answer,
      imageId,
      failure: told,
      step: blamed,
      ...(blamed === undefined ? {} : { outputLimits: [...blamed.limits] }),
      lastLines: lines.length > 0 ? lines : this.#tail.lines(),
    };
  }

  /** Take what a message says of a step. @returns the step when that ended it */
  #move(vertex: Vertex): StepState | undefined {
    if (vertex.started === undefined) return undefined;
    const state = this.#steps.get(vertex.digest) ?? this.#know(vertex);
    const { started, completed, error, cached } = vertex;
    if (!state.isOpen) this.#start(state);
    this.#ending.delete(state);
    if (completed === undefined) return undefined;
    state.ranMs += Math.max(0, milliseconds(completed) - milliseconds(started));
    state.isCached = cached;
    state.error = error;
    this.#ending.add(state);
    return state;
  }

  #start(state: StepState): void {
    state.isOpen = true;
    const { id, name, index, total } = state;
    const platform = stepPlatform(name);
    this.#onEvent({
      type: 'step.start',
      step: id,
      name,
      ...(platform === undefined ? {} : { platform }),
      ...(index === undefined ? {} : { index }),
      ...(total === undefined ? {} : { total }),
    });
  }

  #know({ digest, name }: Vertex): StepState {
    const [, index, total] = position.exec(name) ?? [];
    const state: StepState = {
      digest,
      id: String(this.#steps.size + 1),
      name,
      ...(index === undefined ? {} : { index: Number(index), total: Number(total) }),
      tail: new LineTail(keptLines),
      limits: new Set(),
      isOpen: false,
      ranMs: 0,
      isCached: false,
      error: '',
      told: '',
    };
    this.#steps.set(digest, state);
    return state;
  }

  #endHeld(states: readonly StepState[]): void {
    for (const state of states) if (this.#ending.has(state)) this.#end(state);
  }

  #endOpen(state: StepState, told: BuilderFailure | undefined, isCancelled: boolean): void {
    const status = told === undefined ? 'ok' : isCancelled ? 'cancelled' : 'failed';
    this.#end(state, status, told?.message);
  }

  /** @param status of a step that never ended itself */
  #end(state: StepState, status: StepStatus = statusOf(state), message: string = state.error): void {
    this.#ending.delete(state);
    state.isOpen = false;
    this.#onEvent({
      type: 'step.end',
      step: state.id,
      status,
      isCached: state.isCached,
      durationMs: Math.round(state.ranMs),
      ...(status === 'failed' ? { message } : {}),
    });
  }

  /** A step's output may go on after its end was told: only the end of the build ends a character that is not whole. */
  #flush(): void {
    for (const state of this.#steps.values())
      for (const stream of ['stdout', 'stderr'] as const)
        this.#text(state, stream, this.#decoders.end(`${state.digest} ${stream}`));
  }

  #log(digest: string, stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
    const state = this.#steps.get(digest);
    if (state === undefined) return;
    const text = this.#decoders.decode(`${digest} ${stream}`, bytes);
    this.#text(state, stream, text);
    const limit = outputLimitOf(text);
    if (limit === undefined || state.limits.has(limit)) return;
    state.limits.add(limit);
    this.#onEvent(outputCutWarning(state, limit));
  }

  #text(state: StepState, stream: 'stdout' | 'stderr', text: string): void {
    if (text === '') return;
    state.tail.push(text);
    this.#tail.push(text);
    this.#onEvent({ type: 'step.log', step: state.id, stream, text });
  }

  /** Bytes that move: of a base image a pull, of anything else progress of its step. */
  #status({ vertex, id, name, current: now, total: all }: VertexStatus): void {
    const state = this.#steps.get(vertex);
    if (state === undefined) return;
    const [current, total] = [Number(now), Number(all)];
    const bytes = { ...(current > 0 ? { current } : {}), ...(total > 0 ? { total } : {}) };
    const reference = /^\[[^\]]*\] FROM (\S+)/.exec(state.name)?.[1];
    if (reference !== undefined) {
      const isLayer = id.startsWith('sha256:') || name.startsWith('sha256:');
      this.#onEvent({
        type: 'pull.progress',
        reference,
        ...(isLayer ? { layer: id } : {}),
        status: name || id,
        ...bytes,
      });
      return;
    }
    const status = (id || name).replace(/:$/, '');
    const told = `${status} ${current}/${total}`;
    if (state.told === told) return;
    state.told = told;
    this.#onEvent({ type: 'step.progress', step: state.id, status, ...bytes });
  }

  /** A frontend finds one thing in each of its passes. */
  #warn({ short, detail, url, ranges }: VertexWarning): void {
    const text = decode(short);
    const line = ranges[0]?.start?.line ?? 0;
    const key = `${line} ${text}`;
    if (text === '' || this.#warned.has(key)) return;
    this.#warned.add(key);
    const more = [...detail.map(decode), ...(url === '' ? [] : [`See ${url}.`])].join(' ');
    this.#onEvent(warningEvent(text, more === '' ? undefined : more));
  }
}

/** The step that the builder names, else the one whose words are its last, else the first that failed. */
function blame(
  failed: readonly StepState[],
  failure: BuilderFailure | undefined,
  vertex: string | undefined,
): StepState | undefined {
  return (
    failed.find(({ digest }) => digest === vertex) ??
    failed.find(({ error }) => failure?.message.endsWith(error) === true) ??
    failed[0]
  );
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** ms since 1970. */
function milliseconds({ seconds, nanos }: Timestamp): number {
  return Number(seconds) * 1000 + nanos / 1e6;
}
