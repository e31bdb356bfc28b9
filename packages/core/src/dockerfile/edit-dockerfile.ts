import { DockError } from '../errors/dock-error.js';
import type { Dockerfile, Instruction } from './dockerfile.js';
import { joinLines, physicalRange, splitLines } from './lines.js';
import { readInstructions } from './read-instructions.js';
import { targetStage } from './stage-graph.js';
import { SyntaxFaultError } from './syntax-error.js';

/** The pieces that an edit puts together again. */
interface Piece {
  readonly leading: string;
  readonly raw: string;
}

const lineEndOf = (text: string): string => /\r?\n/.exec(text)?.[0] ?? '\n';

function assemble(pieces: readonly Piece[], trailing: string): string {
  return pieces.map(({ leading, raw }) => leading + raw).join('') + trailing;
}

/** Whether a text is one instruction that needs nothing after it. */
function isComplete(instruction: string, escape: string): boolean {
  try {
    const { instructions } = readInstructions(`# escape=${escape}\n${instruction}`);
    const [only] = instructions;
    return only !== undefined && instructions.length === 1 && !isCutOff(only, escape);
  } catch (error) {
    if (error instanceof SyntaxFaultError) return false;
    throw error;
  }
}

/** Whether the file ended while a continuation of the instruction was open. */
function isCutOff({ raw, heredocs }: Instruction, escape: string): boolean {
  return heredocs.length === 0 && joinLines(splitLines(raw), 0, escape).isOpen;
}

function assertComplete(instruction: string, escape: string): void {
  if (isComplete(instruction, escape)) return;
  throw new DockError('INVALID_OPTION', `"${instruction}" is not one complete instruction.`, {
    hint: 'Give one instruction with all its lines, no more and no less.',
  });
}

/** The instruction with a line end, and without a continuation that the end of the file cut off. */
function closed(instruction: Instruction, escape: string, lineEnd: string): Piece {
  const { leading, raw } = instruction;
  if (!isCutOff(instruction, escape)) return { leading, raw: raw.endsWith('\n') ? raw : raw + lineEnd };
  const mark = raw.startsWith('\ufeff') ? '\ufeff' : '';
  return { leading, raw: mark + joinLines(splitLines(raw.slice(mark.length)), 0, escape).text + lineEnd };
}

/**
 * Inserts an instruction; every other line stays as it is.
 * @param after index of the instruction that it follows; -1 puts it before all others
 * @returns the new text
 * @throws INVALID_OPTION for a text that is not one complete instruction, or an index that is not there
 */
export function insertInstruction(dockerfile: Dockerfile, instruction: string, after: number): string {
  if (after < -1 || after >= dockerfile.instructions.length) {
    throw new DockError('INVALID_OPTION', `The Dockerfile has no instruction ${after} to insert after.`);
  }
  assertComplete(instruction, dockerfile.escape);
  const lineEnd = lineEndOf(dockerfile.text);
  const pieces: Piece[] = [...dockerfile.instructions];
  const isLast = after === pieces.length - 1;
  const anchor = dockerfile.instructions[after];
  if (anchor !== undefined) pieces[after] = closed(anchor, dockerfile.escape, lineEnd);
  const hasEnd = !isLast || anchor?.raw.endsWith('\n') === true || dockerfile.trailing !== '';
  const body = instruction.replace(/[\r\n]+$/, '') + (hasEnd ? lineEnd : '');
  if (after === -1) {
    const first = pieces[0];
    const bom = first?.raw.startsWith('\ufeff') === true ? '\ufeff' : '';
    pieces.splice(
      0,
      1,
      { leading: (first?.leading ?? '') + bom, raw: body },
      { leading: '', raw: first?.raw.slice(bom.length) ?? '' },
    );
  } else pieces.splice(after + 1, 0, { leading: '', raw: body });
  return assemble(pieces, dockerfile.trailing);
}

/**
 * Replaces an instruction with all its lines; every other line stays as it is.
 * @returns the new text
 * @throws INVALID_OPTION for a text that is not one complete instruction, or an index that is not there
 */
export function replaceInstruction(dockerfile: Dockerfile, index: number, instruction: string): string {
  const old = dockerfile.instructions[index];
  if (old === undefined)
    throw new DockError('INVALID_OPTION', `The Dockerfile has no instruction ${index} to replace.`);
  assertComplete(instruction, dockerfile.escape);
  const bom = old.raw.startsWith('\ufeff') ? '\ufeff' : '';
  const end = /\r?\n$/.exec(old.raw)?.[0] ?? '';
  const pieces: Piece[] = [...dockerfile.instructions];
  pieces[index] = { leading: old.leading, raw: bom + instruction.replace(/[\r\n]+$/, '') + end };
  return assemble(pieces, dockerfile.trailing);
}

/**
 * Writes another image into FROM lines; flags, stage names and every other line stay as they are.
 * @param pins the index of a stage and what its FROM shall name, such as `docker.io/library/ubuntu:22.04@sha256:…`
 * @returns the new text
 * @throws INVALID_OPTION for a stage that is not there
 */
export function pinFrom(
  dockerfile: Dockerfile,
  pins: readonly { readonly stage: number; readonly image: string }[],
): string {
  const raws = new Map<Instruction, string>();
  for (const { stage: index, image } of pins) {
    const stage = dockerfile.stages[index];
    if (stage === undefined) throw new DockError('INVALID_OPTION', `The Dockerfile has no stage ${index}.`);
    const bom = stage.from.raw.startsWith('\ufeff') ? '\ufeff' : '';
    const raw = stage.from.raw.slice(bom.length);
    const line = joinLines(splitLines(raw), 0, dockerfile.escape);
    const start = line.text.lastIndexOf(stage.from.value);
    const { start: from, end } = physicalRange(line, start, start + stage.base.length);
    raws.set(stage.from, bom + raw.slice(0, from) + image + raw.slice(end));
  }
  const pieces = dockerfile.instructions.map((one) => ({ leading: one.leading, raw: raws.get(one) ?? one.raw }));
  return assemble(pieces, dockerfile.trailing);
}

/** A text in double quotes, so that the frontend reads it back as it is. */
function quote(text: string, escape: string): string {
  const special = escape === '`' ? /["$`]/g : /["$\\]/g;
  return `"${text.replace(special, (char) => escape + char)}"`;
}

/**
 * Adds labels at the end of a stage, so that they win over the ones before; every other line stays as it is.
 * @param target name of the stage. @default the last stage
 * @returns the new text
 * @throws INVALID_OPTION for a name with `=` or a line end, a value with a line end, or a target that is not there
 */
export function addLabel(dockerfile: Dockerfile, labels: Readonly<Record<string, string>>, target?: string): string {
  const entries = Object.entries(labels);
  const stage = targetStage(dockerfile.stages, target);
  if (entries.length === 0 || stage === undefined) return dockerfile.text;
  for (const [name, value] of entries) {
    if (name === '' || /[=\r\n]/.test(name) || /[\r\n]/.test(value)) {
      throw new DockError('INVALID_OPTION', `The label "${name}" cannot be written in a Dockerfile.`, {
        hint: 'A name is not empty and has no "="; names and values have no line ends. Give such a label as a build option.',
      });
    }
  }
  const pairs = entries.map(([name, value]) => `${quote(name, dockerfile.escape)}=${quote(value, dockerfile.escape)}`);
  const last = stage.instructions.at(-1) ?? stage.from;
  return insertInstruction(dockerfile, `LABEL ${pairs.join(' ')}`, dockerfile.instructions.indexOf(last));
}
