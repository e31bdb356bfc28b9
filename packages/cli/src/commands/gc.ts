import * as Flags from '@oclif/core/flags';
import { engineFlags, jsonFlag } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';
import { safeJson } from '../output/clean-text.js';
import { untilSignal } from '../run/until-signal.js';

/** How long the collection may take, after a signal, to stop and say what it did, ms. */
const stopMs = 2_000;

export default class Gc extends DockCommand {
  static override readonly summary = 'Remove what killed runs left behind';
  static override readonly description =
    'Removes containers, volumes and networks with the labels of dock, names that images had for a push only, and work directories, and writes the results ' +
    'that killed runs could not write. Only what belongs to a process of this machine that is gone is touched; --older-than adds what nobody can tell. ' +
    'Nothing is ever pruned. Each run does the same at its start for earlier runs of its own state directory.';
  static override readonly usage = 'gc [FLAGS]';
  static override readonly examples = ['dock gc --dry-run', 'dock gc --older-than 24h'];
  static override readonly args = {};
  static override readonly flags = {
    'dry-run': Flags.boolean({ description: 'Say what would be removed, and touch nothing', helpGroup: 'GC' }),
    'older-than': Flags.string({
      description: 'Remove also what is older, as 24h or 7d, when its process cannot be told or it was kept by --keep',
      helpValue: 'DURATION',
      helpGroup: 'GC',
    }),
    ...engineFlags,
    ...jsonFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Gc, this.words);
    const [{ collectGarbage }, { parseDuration }, { formatGcReport }] = await Promise.all([
      import('@dock/api'),
      import('../request/parse-duration.js'),
      import('../output/gc-text.js'),
    ]);
    const { host, context } = flags;
    const { env, cwd } = this.surroundings;
    const olderThan = flags['older-than'];
    const options = {
      env,
      cwd,
      dryRun: flags['dry-run'],
      ...(olderThan === undefined ? {} : { olderThanMs: parseDuration('--older-than', olderThan) }),
      ...(host === undefined ? {} : { host }),
      ...(context === undefined ? {} : { context }),
    };
    const report = await untilSignal(async (signal) => collectGarbage({ ...options, signal }), stopMs);
    this.write(flags.json ? `${safeJson(report, 2)}\n` : formatGcReport(report));
    if (report.error !== undefined) this.complain(report.error);
    process.exitCode = report.exitStatus;
  }
}
