import { prepareInTime, pushImage, pushTapsOf } from '@dock/api';
import { DockError, type DockPlugin } from '@dock/core';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { configFlags, engineFlags, outputFlags, repeated } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';
import { loadConfig } from '../config/load-config.js';
import { runByFlags } from '../run/run-by-flags.js';
import { untilSignal } from '../run/until-signal.js';

export default class Push extends DockCommand {
  static override readonly summary = 'Publish an image that is already built';
  static override readonly description =
    'After a publishing that failed: the same push, the same checks and the same result as in a build, without the build. The result of the failed run names ' +
    'the image ID. Of a config, what its plugins do in "push" is done: sign, attest, announce.';
  static override readonly usage = 'push IMAGE_ID --tag NAME[:TAG] [FLAGS]';
  static override readonly examples = ['dock push sha256:0123… --tag registry.example.com/team/hello:1.0'];
  static override readonly args = {
    IMAGE_ID: Args.string({
      description: 'ID of the image (or a name that the engine knows)',
      required: true,
      ignoreStdin: true,
    }),
  };
  static override readonly flags = {
    tag: repeated({
      char: 't',
      description: 'Name to publish the image under; may be repeated',
      helpValue: 'NAME[:TAG]',
      helpGroup: 'IMAGE',
    }),
    floating: repeated({
      description: 'Name, as latest, that moves once every other name is published; may be repeated',
      helpValue: 'NAME[:TAG]',
      helpGroup: 'IMAGE',
    }),
    verify: Flags.option({
      options: ['auto', 'required', 'off'] as const,
      description: 'Ask the registry for what it holds after a push; required: an unconfirmed push fails',
      helpGroup: 'IMAGE',
    })(),
    ...configFlags,
    ...engineFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Push, this.words);
    if (args.IMAGE_ID === '') {
      throw new DockError('USAGE', 'The image ID is empty.', { hint: 'The result of the failed run names it.' });
    }
    const loaded = await untilSignal(() => prepareInTime(() => loadConfig(flags, this.surroundings)));
    const plugins = loaded?.config.plugins;
    await runByFlags(
      (options) =>
        pushImage({
          imageId: args.IMAGE_ID,
          tags: flags.tag ?? [],
          ...(flags.floating === undefined ? {} : { floating: flags.floating }),
          ...(flags.verify === undefined ? {} : { verify: flags.verify }),
          ...(plugins === undefined ? {} : { plugins: pushTapsOf(plugins as readonly DockPlugin[]) }),
          ...options,
        }),
      flags,
      this.surroundings,
      this.write,
    );
  }
}
