import * as Flags from '@oclif/core/flags';
import { engineFlags, outputFlags } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';

export default class InsideBuild extends DockCommand {
  static override readonly summary = 'Build what a build.json of the older dock describes, in this process';
  static override readonly description =
    'Takes the place of the command of that name in build containers of the older dock: reads /run/share/build.json, else the variable BUILD_JSON. ' +
    'Build containers of this dock need no such file: use "dock build --method host-docker".';
  static override readonly usage = 'inside-build [FLAGS]';
  static override readonly examples = ['dock inside-build', 'dock inside-build --input env'];
  static override readonly args = {};
  static override readonly flags = {
    input: Flags.option({ options: ['path', 'env'] as const })({
      description: 'Where the build is described: a file, or BUILD_JSON [default: the first that is there]',
      helpGroup: 'SOURCE',
    }),
    'input-file': Flags.string({
      description: 'The file [default: /run/share/build.json]',
      helpValue: 'FILE',
      helpGroup: 'SOURCE',
    }),
    ...engineFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InsideBuild, this.words);
    const [{ readBuildJson, runBuild }, { runByFlags }] = await Promise.all([
      import('@dock/api'),
      import('../run/run-by-flags.js'),
    ]);
    const { env } = this.surroundings;
    await runByFlags(
      (options) => runBuild(async () => readBuildJson({ input: flags.input, file: flags['input-file'], env }), options),
      flags,
      this.surroundings,
      this.write,
    );
  }
}
