import type { Environment } from '@dock/api';
import { type DockEvent, DockError } from '@dock/core';
import { isCiEnvironment, safeJson } from '../output/clean-text.js';
import { hasColour } from '../output/colour-choice.js';
import { createColours } from '../output/colours.js';
import { LiveView } from './live-view.js';
import { PlainView, type ViewOutput } from './plain-view.js';
import { VertexBoard } from './vertex-board.js';

/** What `--progress` takes. */
export const progressModes = ['auto', 'plain', 'tty', 'rawjson', 'quiet', 'none'] as const;

/** How progress is shown. */
export type ProgressMode = (typeof progressModes)[number];

/** Shows events as they come. */
export interface Progress {
  onEvent(event: DockEvent): void;
  /** Nothing more will come. */
  stop(): void;
}

/** The stream that progress goes to: standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const silent: Progress = { onEvent: () => undefined, stop: () => undefined };

/**
 * What a mode means here: `auto` follows `BUILDKIT_PROGRESS`, then shows a live view on a terminal and plain lines elsewhere.
 *
 * @throws USAGE for `tty` where there is no terminal, as with docker
 */
export function resolveMode(
  mode: ProgressMode,
  env: Environment,
  isTty: boolean,
): 'live' | 'plain' | 'rawjson' | 'none' {
  if (mode === 'quiet') return 'none';
  if (mode === 'tty') {
    if (isTty) return 'live';
    throw new DockError('USAGE', 'The progress "tty" needs a terminal on standard error.', {
      hint: 'Use "--progress auto": it shows the live view where there is a terminal.',
    });
  }
  if (mode !== 'auto') return mode;
  const asked = env['BUILDKIT_PROGRESS'];
  if (asked === 'plain' || asked === 'rawjson' || asked === 'none') return asked;
  if (asked === 'quiet') return 'none';
  return isTty && env['TERM'] !== 'dumb' && !isCiEnvironment(env) ? 'live' : 'plain';
}

/** Progress in a mode, on a stream. */
export function createProgress(mode: ProgressMode, stream: ProgressStream, env: Environment): Progress {
  const isTty = stream.isTTY === true;
  const resolved = resolveMode(mode, env, isTty);
  if (resolved === 'none') return silent;
  const write = (text: string) => void stream.write(text);
  if (resolved === 'rawjson') return { onEvent: (event) => write(`${safeJson(event)}\n`), stop: () => undefined };
  const colour = hasColour(env, isTty);
  const output: ViewOutput = {
    write,
    colours: createColours(colour),
    clean: { colour, isCi: isCiEnvironment(env) },
  };
  const live =
    resolved === 'live'
      ? new LiveView(output, () => ({ columns: stream.columns ?? 80, rows: stream.rows ?? 24 }))
      : undefined;
  const board = new VertexBoard(live ?? new PlainView(output));
  return { onEvent: (event) => board.handle(event), stop: () => live?.stop() };
}
