import * as Args from '@oclif/core/args';
import { engineFlags, jsonFlag } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';
import { safeJson } from '../output/clean-text.js';
import { untilSignal } from '../run/until-signal.js';

export default class Builders extends DockCommand {
  static override readonly summary = 'List what there is to build with';
  static override readonly description =
    "Lists the engine's BuildKit and the builders of buildx: what --builder takes, where each node is, its version, its platforms, what it keeps on its disk and which options it cannot " +
    'honour. Nothing is started, and nothing of buildx is written. With a BUILDER, only that one is asked, and the command fails when it cannot build.';
  static override readonly usage = 'builders [BUILDER] [FLAGS]';
  static override readonly examples = [
    'dock builders',
    'dock builders tcp://build.example.com:1234,cacert=ca.pem,cert=cert.pem,key=key.pem',
    'dock builders --json',
  ];
  static override readonly args = {
    BUILDER: Args.string({
      description: 'A name, tcp://host:port, unix:///path or docker-container:NAME [default: all]',
      ignoreStdin: true,
    }),
  };
  static override readonly flags = { ...engineFlags, ...jsonFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Builders, this.words);
    const [{ listBuilders }, { formatBuilders }] = await Promise.all([
      import('@dock/api'),
      import('../output/builders-text.js'),
    ]);
    const { host, context } = flags;
    const { env, cwd } = this.surroundings;
    const options = {
      env,
      cwd,
      ...(args.BUILDER === undefined ? {} : { builder: args.BUILDER }),
      ...(host === undefined ? {} : { host }),
      ...(context === undefined ? {} : { context }),
    };
    const report = await untilSignal((signal) => listBuilders({ ...options, signal }));
    this.write(flags.json ? `${safeJson(report, 2)}\n` : formatBuilders(report));
    if (report.error !== undefined) this.complain(report.error);
    process.exitCode = report.exitStatus;
  }
}
