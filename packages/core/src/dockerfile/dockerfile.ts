import type { Directive } from './directives.js';
import type { Heredoc } from './heredoc.js';

/** One instruction, as read and as written. */
export interface Instruction {
  /** Upper-case: `FROM`. */
  readonly keyword: string;
  /** `--name=value` words, without their quotes. */
  readonly flags: readonly string[];
  /** What follows the flags, continuations joined, white space around it removed. */
  readonly value: string;
  /**
   * The value in parts, by the instruction's own rules; quotes, escapes and variables are still in them.
   * ENV and LABEL: name, value, `=` (or `''` for the old form) for each pair.
   */
  readonly args: readonly string[];
  /** The items, when the value is a JSON array. */
  readonly json?: readonly string[];
  readonly heredocs: readonly Heredoc[];
  /** ONBUILD: what it triggers. */
  readonly trigger?: Pick<Instruction, 'keyword' | 'flags' | 'value' | 'args' | 'json' | 'trigger'>;
  /** The lines of the instruction, byte for byte, with its here-documents and last line end. */
  readonly raw: string;
  /** Blank lines, comments and directives before it, byte for byte. */
  readonly leading: string;
  /** First line, counted from 1. */
  readonly startLine: number;
  /** Last line, here-documents included. */
  readonly endLine: number;
}

/** A file in instructions, before anything is known of stages. */
export interface InstructionList {
  readonly directives: readonly Directive[];
  /** The escape character. */
  readonly escape: string;
  readonly instructions: readonly Instruction[];
  /** Comments and blank lines after the last instruction. */
  readonly trailing: string;
  readonly warnings: readonly DockerfileWarning[];
}

/** Something that builds but deserves a word. */
export interface DockerfileWarning {
  readonly message: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A build stage. */
export interface Stage {
  /** Counted from 0. */
  readonly index: number;
  /** Lower-case, from `AS name`. */
  readonly name?: string;
  /** What FROM names, variables not expanded. */
  readonly base: string;
  /** `--platform`, variables not expanded. */
  readonly platform?: string;
  readonly from: Instruction;
  /** The instructions after FROM. */
  readonly instructions: readonly Instruction[];
}

/** Who reads the file. */
export interface Frontend {
  /** The image that `# syntax` (or the build argument `BUILDKIT_SYNTAX`) names; absent for the engine's own. */
  readonly image?: string;
  /** Line of the directive; absent when it came from elsewhere. */
  readonly line?: number;
  /** Whether it is the engine's own or `docker/dockerfile`, so that the rules here are its rules. */
  readonly isKnown: boolean;
}

/** A read Dockerfile; plain JSON. */
export interface Dockerfile extends InstructionList {
  /** The whole file, as given. */
  readonly text: string;
  readonly frontend: Frontend;
  /** ARG instructions before the first FROM. */
  readonly globalArgs: readonly Instruction[];
  /** Empty only when an unknown frontend reads the file. */
  readonly stages: readonly Stage[];
}
