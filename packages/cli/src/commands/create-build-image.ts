import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { engineFlags, outputFlags, repeated } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';

export default class CreateBuildImage extends DockCommand {
  static override readonly summary = 'Make an image that build containers run in';
  static override readonly description =
    'Takes a base and installs what it lacks of Node, git and certificates, and with --engine of an engine for the privileged runner; then adds this dock, ' +
    'as it is installed here. A DIR with a Dockerfile of your own makes the base.';
  static override readonly usage = 'create-build-image [DIR] --tag NAME[:TAG] [FLAGS]';
  static override readonly examples = [
    'dock create-build-image --tag build:1',
    'dock create-build-image --tag build:1 --engine --base node:22-bookworm-slim',
    'dock create-build-image ./build-image --tag build:1',
  ];
  static override readonly args = {
    DIR: Args.string({ description: 'Directory with a Dockerfile that makes the base', ignoreStdin: true }),
  };
  static override readonly flags = {
    tag: repeated({
      char: 't',
      description: 'Name of the build image; may be repeated',
      helpValue: 'NAME[:TAG]',
      helpGroup: 'IMAGE',
    }),
    base: Flags.string({
      description: 'Image to make it of [default: Node 20 on Debian, pinned by digest]',
      helpValue: 'IMAGE',
      helpGroup: 'BUILD',
    }),
    engine: Flags.boolean({ description: 'Give it an engine, for the privileged runner', helpGroup: 'BUILD' }),
    pull: Flags.boolean({ description: 'Ask the registry for a newer base', helpGroup: 'BUILD' }),
    'no-cache': Flags.boolean({ description: 'Build every step again', helpGroup: 'BUILD' }),
    network: Flags.string({
      description: 'Network for installing packages: default, none, host, or a name',
      helpValue: 'MODE',
      helpGroup: 'BUILD',
    }),
    ...engineFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CreateBuildImage, this.words);
    const [{ createBuildImage }, { runByFlags }] = await Promise.all([
      import('@dock/api'),
      import('../run/run-by-flags.js'),
    ]);
    const { base, network } = flags;
    await runByFlags(
      (options) =>
        createBuildImage({
          tags: flags.tag ?? [],
          withEngine: flags.engine,
          pull: flags.pull,
          noCache: flags['no-cache'],
          // This command's own package.
          program: dirname(createRequire(import.meta.url).resolve('@dock/cli/package.json')),
          ...options,
          ...(args.DIR === undefined ? {} : { directory: args.DIR }),
          ...(base === undefined ? {} : { base }),
          ...(network === undefined ? {} : { network }),
        }),
      flags,
      this.surroundings,
      this.write,
    );
  }
}
