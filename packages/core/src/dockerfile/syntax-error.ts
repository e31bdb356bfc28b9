import { DockError } from '../errors/dock-error.js';
import { sourcePlace } from './source-place.js';

/** What is wrong with a Dockerfile, and where. */
export interface SyntaxFault {
  readonly fault: string;
  /** Counted from 1. */
  readonly line: number;
  readonly hint?: string;
}

/** Thrown inside the reader; leaves it as a DockError with the file's name. */
export class SyntaxFaultError extends Error {
  readonly fault: SyntaxFault;

  constructor(fault: SyntaxFault) {
    super(fault.fault);
    this.fault = fault;
  }
}

/** The error for a Dockerfile that does not parse. */
export function dockerfileSyntaxError(path: string, text: string, { fault, line, hint }: SyntaxFault): DockError {
  return new DockError('DOCKERFILE_SYNTAX', `"${path}" does not parse at line ${line}: ${fault}.`, {
    ...(hint === undefined ? {} : { hint }),
    details: { path, ...sourcePlace({ dockerfile: { path, text } }, { startLine: line }) },
  });
}
