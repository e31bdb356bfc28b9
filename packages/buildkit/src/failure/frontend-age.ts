import { DockError, type Instruction, parseDockerfile } from '@dock/core';

const hint =
  'Choose the builder "buildkit" and name a newer frontend, "# syntax=docker/dockerfile:1", or use a newer engine.';

/** Flags of the Dockerfile reference that came after the first frontends; an unknown one beside them is a slip of the pen. */
const laterFlags = new Set([
  ...['checksum', 'chmod', 'chown', 'device', 'exclude', 'from', 'keep-git-dir', 'link', 'mount', 'network'],
  ...['parents', 'platform', 'security', 'start-interval', 'unpack'],
]);

/** The instructions with here-documents; none when the text does not parse. */
export function heredocsOf(dockerfileText: string): readonly Instruction[] {
  try {
    const { instructions } = parseDockerfile(dockerfileText, { builder: 'classic' });
    return instructions.filter((instruction) => instruction.heredocs.length > 0);
  } catch {
    return [];
  }
}

/**
 * Whether an engine's words mean that its frontend is older than the Dockerfile. Measured: Engine 20.10 (frontend 1.2) takes the body of a here-document for
 * instructions and knows no patterns in variables; every frontend calls a newer flag unknown; the classic builder names BuildKit.
 */
export function isFrontendTooOld(message: string, dockerfileText: string): boolean {
  if (/requires BuildKit|frontend .* (?:not supported|requires)/i.test(message)) return true;
  const flag = /unknown flag: (?:--)?([\w-]+)/i.exec(message)?.[1];
  if (flag !== undefined) return laterFlags.has(flag.toLowerCase());
  if (/failed to process \\?"[^"]*\$\{\w+:?[-+?#%/]/i.test(message) && /in substitution/i.test(message)) return true;
  // Core knows every instruction: what it reads and the engine does not is text of a here-document.
  const found = heredocsOf(dockerfileText);
  const line = Number(/parse error (?:on )?line (\d+)/i.exec(message)?.[1]);
  return (
    found.some(({ startLine, endLine }) => startLine < line && line <= endLine) ||
    (found.length > 0 && /unknown instruction: /i.test(message))
  );
}

/** The error of a Dockerfile that is newer than what reads it. */
export function frontendTooOld(message: string, details: Readonly<Record<string, unknown>> = {}): DockError {
  return new DockError('FRONTEND_TOO_OLD', `The builder does not know this Dockerfile's syntax: ${message}.`, {
    hint,
    details,
  });
}
