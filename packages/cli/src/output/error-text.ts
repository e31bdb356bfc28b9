import { type BuildResult, describeImage, type ErrorDocument, type JsonValue } from '@dock/core';
import { cleanText, type CleanOptions } from './clean-text.js';
import type { Colours } from './colours.js';

/** What an error is shown with. */
export interface ErrorTextOptions {
  readonly colours: Colours;
  readonly clean: CleanOptions;
  /** The failed build step with its last lines. */
  readonly step?: { readonly name: string; readonly lines: readonly string[] } | undefined;
}

/** Lines of output that an error shows. */
const tailLines = 20;

/** Codes whose cause is in the output of a build step. */
const stepCodes = new Set(['BUILD_STEP_FAILED', 'BUILD_FAILED', 'OOM_KILLED', 'DISK_FULL']);

/** An error for people: code, message, causes, last lines of the step, hint. Ends with a newline. */
export function formatError(error: ErrorDocument, options: ErrorTextOptions): string {
  const { colours, step } = options;
  const clean = (text: string) => cleanText(text, options.clean);
  const lines = [`${colours.red('error')} ${colours.bold(error.code)}: ${clean(error.message)}`];
  for (const line of excerptOf(error)) lines.push(`  ${clean(line)}`);
  const place = placeOf(error);
  if (place !== '') lines.push(`  in: ${clean(place)}`);
  for (const cause of error.cause ?? [])
    if (!error.message.includes(cause)) lines.push(`  cause: ${indent(clean(cause))}`);
  const tail = tailOf(error, step);
  if (tail.lines.length > 0) {
    lines.push(`  last lines${tail.name === '' ? '' : ` of ${shorten(clean(tail.name))}`}:`);
    lines.push(...tail.lines.map((line) => `    | ${indent(clean(line))}`));
  }
  if (error.hint !== '') lines.push(`  hint: ${indent(clean(error.hint))}`);
  for (const later of error.attached ?? []) lines.push(`  also ${later.code}: ${indent(clean(later.message))}`);
  return `${lines.join('\n')}\n`;
}

/** A failed run for people: its error, what was published and what was not, where the log is. */
export function formatFailure(result: BuildResult, options: ErrorTextOptions): string {
  const clean = (text: string) => cleanText(text, options.clean);
  const lines: string[] = [];
  for (const image of result.published) lines.push(`  published: ${image.name}@${image.digest}`);
  for (const image of result.unpublished)
    lines.push(
      `  ${image.isUncertain === true ? 'perhaps' : 'not'} published: ${image.name} (${image.error.code}: ${clean(image.error.message)})`,
    );
  for (const name of result.unattested ?? []) lines.push(`  not attested: ${name}`);
  if (result.image !== undefined) lines.push(`  image: ${describeImage(result.image)}`);
  if (result.logFile !== undefined) lines.push(`  log: ${clean(result.logFile)}`);
  const error = result.error === undefined ? '' : formatError(result.error, options);
  return `${error}${lines.map((line) => `${line}\n`).join('')}`;
}

/** Where in a Dockerfile it lies, in lines; the file is named where the message does not. */
function excerptOf({ message, details }: ErrorDocument): string[] {
  const { file, line, excerpt } = (details ?? {}) as { readonly [name: string]: JsonValue | undefined };
  if (typeof file !== 'string' || typeof line !== 'number' || typeof excerpt !== 'string') return [];
  const place = `${file}:${line}`;
  return [...(message.includes(place) ? [] : [place]), ...excerpt.split('\n')];
}

function placeOf({ phase, plugin, hook }: ErrorDocument): string {
  const parts = [
    phase === undefined ? '' : `phase ${phase}`,
    plugin === undefined || plugin.startsWith('dock:') ? '' : `plugin "${plugin}"`,
    hook === undefined || hook === phase ? '' : `hook ${hook}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n    ');
}

/** What was said last: by the build step that failed, else what the error itself brings (a gate's output, a build container's). */
function tailOf(error: ErrorDocument, step: ErrorTextOptions['step']): NonNullable<ErrorTextOptions['step']> {
  if (step !== undefined && step.lines.length > 0 && stepCodes.has(error.code)) return step;
  const { logTail, lastLines } = (error.details ?? {}) as { readonly [name: string]: JsonValue | undefined };
  const own = logTail ?? lastLines;
  const lines = Array.isArray(own) ? own.filter((line) => typeof line === 'string') : [];
  const last = lines.slice(-tailLines);
  // Some messages bring them, as lines: a word of theirs in a sentence is another matter.
  return { name: '', lines: error.message.includes(`\n${last.join('\n')}`) ? [] : last };
}

/** The first line of an instruction, at most so long that it does not hide what it said. */
function shorten(text: string): string {
  const first = text.split('\n')[0] ?? '';
  return first.length > 80 ? `${first.slice(0, 79)}…` : first;
}
