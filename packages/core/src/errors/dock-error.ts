import { catalogueRow, type ErrorCode } from './catalogue.js';
import type { HookName, PhaseName } from '../contracts/phases.js';

const brand: unique symbol = Symbol.for('@dock/core/DockError') as never;

/** What a {@link DockError} may carry beside code and message. */
export interface DockErrorOptions {
  /** What to do next. @default the catalogue's hint */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly phase?: PhaseName;
  readonly plugin?: string;
  readonly hook?: HookName;
  /** Whether the same input may work later. @default the catalogue's */
  readonly retryable?: boolean;
  /** Exit status where the code alone does not say (CANCELLED: 130 or 143; GIT_CLONE_FAILED on 401: 4). */
  readonly exitStatus?: number;
  /** Plain, JSON-serialisable facts for programs: `{ attempts: 3, host: '…' }`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Where in a run an error happened. */
interface ErrorPlace {
  readonly phase?: PhaseName | undefined;
  readonly plugin?: string | undefined;
  readonly hook?: HookName | undefined;
}

/** What {@link DockError.with} changes; what is left out stays. */
export interface DockErrorChanges extends ErrorPlace {
  readonly message?: string;
  readonly hint?: string;
  readonly retryable?: boolean;
  readonly exitStatus?: number;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Attached after those that it has. */
  readonly attached?: readonly DockError[];
}

/** The one error type of dock: a code of the catalogue, one sentence, and what to do. Recognise it with {@link isDockError}, never by `instanceof`. */
export class DockError extends Error {
  override readonly name = 'DockError';
  readonly code: ErrorCode;
  readonly hint: string;
  readonly phase: PhaseName | undefined;
  readonly plugin: string | undefined;
  readonly hook: HookName | undefined;
  readonly retryable: boolean;
  readonly exitStatus: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** Later errors of the same run; the first error wins and carries them. */
  readonly attached: DockError[] = [];

  constructor(code: ErrorCode, message: string, options: DockErrorOptions = {}) {
    // What an engine or a registry said may end its own sentence.
    super(message.replace(/([^.])\.\.$/, '$1.'), options.cause === undefined ? undefined : { cause: options.cause });
    const row = catalogueRow(code);
    this.code = code;
    this.hint = options.hint ?? row.hint;
    this.phase = options.phase;
    this.plugin = options.plugin;
    this.hook = options.hook;
    this.retryable = options.retryable ?? row.retryable;
    this.exitStatus = isFailureStatus(options.exitStatus) ? options.exitStatus : row.exit;
    this.details = options.details;
    Object.defineProperty(this, brand, { value: true });
  }

  /** The same error, its stack and what is attached to it, with another message, hint or whatever is given. Details are added to those that it has. */
  with(changes: DockErrorChanges): DockError {
    const { message = this.message, attached = [], details, ...rest } = changes;
    const { hint, retryable, exitStatus, cause, phase, plugin, hook } = { ...this.#options(), ...rest };
    const facts = details === undefined ? this.details : { ...this.details, ...details };
    const copy = new DockError(this.code, message, {
      hint,
      retryable,
      exitStatus,
      ...(cause === undefined ? {} : { cause }),
      ...(phase === undefined ? {} : { phase }),
      ...(plugin === undefined ? {} : { plugin }),
      ...(hook === undefined ? {} : { hook }),
      ...(facts === undefined ? {} : { details: facts }),
    });
    copy.attached.push(...this.attached, ...attached);
    if (this.stack !== undefined) copy.stack = this.stack;
    return copy;
  }

  /** The same error with the phase, plugin or hook filled in where it has none. */
  within(place: ErrorPlace): DockError {
    const phase = this.phase ?? place.phase;
    const plugin = this.plugin ?? place.plugin;
    const hook = this.hook ?? place.hook;
    if (phase === this.phase && plugin === this.plugin && hook === this.hook) return this;
    return this.with({ phase, plugin, hook });
  }

  #options() {
    const { hint, retryable, exitStatus, cause, phase, plugin, hook } = this;
    return { hint, retryable, exitStatus, cause, phase, plugin, hook };
  }
}

/** An error may not end a run with 0. */
function isFailureStatus(status: number | undefined): status is number {
  return status !== undefined && Number.isInteger(status) && status > 0 && status < 256;
}

/** Whether a value is a DockError of this or another copy of core (two copies can be loaded). It never throws, whatever a plugin threw. */
export function isDockError(value: unknown): value is DockError {
  if (typeof value !== 'object' || value === null) return false;
  try {
    if ((value as Record<symbol, unknown>)[brand] !== true) return false;
    const { code, message, attached, with: copy, within } = value as Partial<DockError>;
    const isWhole = typeof copy === 'function' && typeof within === 'function' && Array.isArray(attached);
    return isWhole && typeof code === 'string' && typeof message === 'string';
  } catch {
    // A proxy that answers to nothing is no error of ours.
    return false;
  }
}
