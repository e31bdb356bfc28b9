import { readSurroundings, type Surroundings } from '@dock/api';
import { type ErrorDocument, errorDocument } from '@dock/core';
import { Command } from '@oclif/core/command';
import { safeJson } from '../output/clean-text.js';
import { reserveStandardOutput, type WriteOutput } from '../run/standard-output.js';
import { deniedBooleans, plainBooleans, refuseStrangeBooleans } from './boolean-values.js';
import { complain, complainOfLostOutput } from './complain.js';
import { lastValues } from './last-values.js';
import { usageFailure } from './usage-failure.js';

/** What every command of dock shares: one way to standard output, one way to fail. */
export abstract class DockCommand extends Command {
  #lost: Error | undefined;
  protected readonly write: WriteOutput = reserveStandardOutput((error) => (this.#lost = error));
  #surroundings: Surroundings | undefined;

  /** Read once. @throws CONFIG_ERROR when the process has no directory, or no home */
  protected get surroundings(): Surroundings {
    return (this.#surroundings ??= readSurroundings());
  }

  /** What flags of the command mean without a value that may have one. */
  protected readonly impliedValues: Readonly<Record<string, string>> = {};

  /** The words of the command line, booleans in plain form, and the last of each flag that takes one value. */
  protected get words(): string[] {
    const { flags } = this.ctor;
    return lastValues(plainBooleans(this.argv, flags, this.impliedValues), flags);
  }

  /** Flags with those that say `--flag=false` as `false`, so that they win over a config; the parser knows them only as not given. */
  protected withDenied<T extends object>(flags: T): T {
    const denied = [...deniedBooleans(this.argv, this.ctor.flags)];
    return { ...flags, ...Object.fromEntries(denied.map((name) => [name, false])) };
  }

  /** Parse, run, and turn what is thrown into an exit status. */
  async start(): Promise<void> {
    await this._run();
  }

  /** What is left to say once standard output has taken all that it takes. */
  end(): void {
    if (this.#lost !== undefined) complainOfLostOutput(this.#lost, process.env);
  }

  /** oclif's own prepares warnings of deprecated commands, of which there are none. */
  protected override async init(): Promise<void> {
    refuseStrangeBooleans(this.id ?? '', this.argv, this.ctor.flags);
  }

  /** Say on standard error what went wrong. */
  protected complain(error: ErrorDocument): void {
    complain(error, process.env);
  }

  /** oclif's own turns every status into 1 when `--json` is given; ours keeps the error's, and prints one document either way. */
  protected override async catch(thrown: unknown): Promise<void> {
    const { usage, flags } = this.ctor;
    const error = usageFailure(thrown, { id: this.id ?? '', usage: String(usage), flags });
    const document = errorDocument(error);
    this.complain(document);
    if (this.words.includes('--json')) {
      this.write(`${safeJson({ v: 1, status: 'failed', exitStatus: error.exitStatus, error: document }, 2)}\n`);
    }
    process.exitCode = error.exitStatus;
  }
}
