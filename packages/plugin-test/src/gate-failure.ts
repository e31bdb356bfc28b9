import { DockError, type ErrorCode } from '@dock/core';

/** Lines of output that an error carries. */
const tailLines = 20;
/** Characters of output that a result carries; the log has all of it. */
const outputLimit = 64 * 1024;

/** The last lines of an output. */
export function lastLines(output: string): string[] {
  const text = output.replace(/[\r\n]+$/, '');
  return text === '' ? [] : text.split(/\r?\n/).slice(-tailLines);
}

/** The end of an output, for the result. */
export function outputTail(output: string): { output: string; isOutputCut?: true } {
  return output.length <= outputLimit ? { output } : { output: output.slice(-outputLimit), isOutputCut: true };
}

/** A gate that said no. The last lines of output are in `details.logTail`. */
export function gateFailure(
  code: Extract<ErrorCode, 'GATE_FAILED' | 'GATE_TIMEOUT' | 'OOM_KILLED'>,
  message: string,
  output: string,
  more: { readonly cause?: unknown; readonly hint?: string; readonly details?: Readonly<Record<string, unknown>> } = {},
): DockError {
  const logTail = lastLines(output);
  const hint = more.hint ?? (code === 'GATE_FAILED' ? outputHint(logTail) : undefined);
  return new DockError(code, message, {
    ...(more.cause === undefined ? {} : { cause: more.cause }),
    ...(hint === undefined ? {} : { hint }),
    details: { ...more.details, logTail },
  });
}

function outputHint(lines: readonly string[]): string {
  const said = lines.length === 0 ? 'It printed nothing' : 'The last lines of its output say why';
  return `${said}: repair the image, or the gate.`;
}

/** `67.1 MB`, for messages about limits. */
export function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toFixed(1))} MB`;
}
