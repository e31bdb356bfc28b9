import type { BuilderChoice } from '../contracts/request-options.js';
import { nearestWord } from '../config/nearest-word.js';
import { DockError } from '../errors/dock-error.js';
import { instructionKeywords, isInstructionKeyword } from './arguments.js';
import { checkInstruction } from './check-instruction.js';
import type { Dockerfile, DockerfileWarning, Frontend, Instruction, InstructionList } from './dockerfile.js';
import { frontendOf } from './frontend.js';
import { openHeredoc, readInstructions, type ReadOptions } from './read-instructions.js';
import { checkFrom, groupStages } from './stages.js';
import { dockerfileSyntaxError, SyntaxFaultError, type SyntaxFault } from './syntax-error.js';

/** Options of {@link parseDockerfile}. */
export interface ParseDockerfileOptions {
  /** What messages call the file. @default 'Dockerfile' */
  readonly path?: string;
  /** Build arguments; only `BUILDKIT_SYNTAX` matters to reading. @default {} */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** The classic builder takes no notice of `# syntax`. @default 'auto', which is BuildKit */
  readonly builder?: BuilderChoice;
  /** Whether the builder knows here-documents: those of Engine 20.10 know none. @default true */
  readonly hasHeredocs?: boolean;
}

/** The first thing that BuildKit would refuse, and the warnings on the way. */
function check(
  instructions: readonly Instruction[],
  frontend: Frontend,
): { fault?: SyntaxFault; warnings: DockerfileWarning[] } {
  const warnings: DockerfileWarning[] = [];
  let hasStage = false;
  for (const instruction of instructions) {
    const { startLine: line, keyword } = instruction;
    if (!isInstructionKeyword(keyword)) {
      const fault = `"${keyword}" is not an instruction`;
      // a frontend that was asked for by name may know more instructions than this reader
      if (frontend.image === undefined) {
        return { fault: { fault, line, hint: unknownHint(keyword) }, warnings };
      }
      warnings.push({ message: `${fault} of the Dockerfile reference`, line });
      continue;
    }
    if (keyword === 'FROM') hasStage = true;
    else if (!hasStage && keyword !== 'ARG') {
      return { fault: { fault: `${keyword} stands before the first FROM, where only ARG may`, line }, warnings };
    }
    const fault = (keyword === 'FROM' ? checkFrom(instruction) : undefined) ?? checkInstruction(instruction);
    if (fault !== undefined) return { fault: { fault, line }, warnings };
    // No builder looks into a trigger before it runs.
    const later = instruction.trigger && triggerFault(instruction.trigger);
    if (later !== undefined)
      warnings.push({ message: `${later}, so a build upon this image will fail at this ONBUILD`, line });
  }
  return { warnings };
}

function unknownHint(keyword: string): string {
  const near = nearestWord(keyword, instructionKeywords);
  const otherwise = 'if the line belongs to the one before, end that one with a continuation.';
  return near === undefined ? `Correct the name; ${otherwise}` : `Did you mean ${near}? Or ${otherwise}`;
}

function triggerFault(trigger: NonNullable<Instruction['trigger']>): string | undefined {
  return isInstructionKeyword(trigger.keyword)
    ? checkInstruction(trigger)
    : `"${trigger.keyword}" is not an instruction`;
}

function read(text: string, path: string, frontend: Frontend, options: ReadOptions): InstructionList {
  try {
    const list = readInstructions(text, options);
    const { fault, warnings } = check(list.instructions, frontend);
    if (fault !== undefined && list.instructions.some(({ keyword }) => keyword === 'FROM'))
      // What no builder takes is the fault of the here-document above it.
      throw new SyntaxFaultError((options.heredocs === 'closed' ? openHeredoc(text) : undefined) ?? fault);
    return { ...list, warnings: [...list.warnings, ...warnings] };
  } catch (error) {
    if (error instanceof SyntaxFaultError) throw dockerfileSyntaxError(path, text, error.fault);
    throw error;
  }
}

/** Reads for a frontend whose language is not known: what looks like a Dockerfile is read as one, nothing is refused. */
function readLeniently(text: string, frontend: Frontend, options: ReadOptions): InstructionList {
  const line = frontend.line ?? 1;
  const unknown = {
    message: `the frontend "${frontend.image ?? ''}" is not docker/dockerfile; which images it uses is unknown`,
    line,
  };
  try {
    const list = readInstructions(text, options);
    const { fault } = check(list.instructions, frontend);
    if (fault === undefined) return { ...list, warnings: [unknown, ...list.warnings] };
  } catch (error) {
    if (!(error instanceof SyntaxFaultError)) throw error;
  }
  return { directives: [], escape: '\\', instructions: [], trailing: text, warnings: [unknown] };
}

/**
 * Reads a Dockerfile by the rules of BuildKit, keeping every byte of it ({@link formatDockerfile} gives the text back). A file that an
 * unknown `# syntax` frontend reads is never refused; its `frontend.isKnown` is false and a warning says so. A here-document that is not closed is none:
 * builders from before here-documents take the line as it is, and the others refuse it themselves.
 * @throws DOCKERFILE_SYNTAX with the line, for what BuildKit's parser refuses
 * @throws DOCKERFILE_INVALID for a file without instructions or without FROM
 */
export function parseDockerfile(text: string, options: ParseDockerfileOptions = {}): Dockerfile {
  const path = options.path ?? 'Dockerfile';
  const frontend: Frontend =
    options.builder === 'classic' ? { isKnown: true } : frontendOf(text, options.buildArgs ?? {});
  const heredocs = options.hasHeredocs === false ? 'none' : 'closed';
  const list = frontend.isKnown
    ? read(text, path, frontend, { heredocs })
    : readLeniently(text, frontend, { heredocs });
  const stages = groupStages(list.instructions);
  if (frontend.isKnown && list.instructions.length === 0) {
    throw new DockError('DOCKERFILE_INVALID', `"${path}" has no instructions.`, { details: { path } });
  }
  if (frontend.isKnown && stages.length === 0) {
    throw new DockError('DOCKERFILE_INVALID', `"${path}" has no FROM.`, {
      hint: 'Start it with "FROM" and an image, or "FROM scratch".',
      details: { path },
    });
  }
  const firstFrom = list.instructions.findIndex(({ keyword }) => keyword === 'FROM');
  const globalArgs = list.instructions.slice(0, Math.max(firstFrom, 0)).filter(({ keyword }) => keyword === 'ARG');
  return { ...list, text, frontend, globalArgs, stages };
}

/** The text of a Dockerfile, put together from its parts; equal to the text that was read. */
export function formatDockerfile(dockerfile: Pick<Dockerfile, 'instructions' | 'trailing'>): string {
  return dockerfile.instructions.map(({ leading, raw }) => leading + raw).join('') + dockerfile.trailing;
}
