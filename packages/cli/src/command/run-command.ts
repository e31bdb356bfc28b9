import { Writable } from 'node:stream';
import type { Config } from '@oclif/core/config';
import type { DockCommand } from './dock-command.js';

/** How long a cancelled run waits for the reader of what it has said, ms: it ends within 10 s of the signal. */
const cancelledFlushMs = 2_000;

/**
 * What a command looks at in oclif's configuration. The whole one reads the package again, looks for a shell and for plugins of oclif's own kind, and costs
 * more than all of the parsing; docs/decisions/0011-speed.md.
 */
const configuration = {
  bin: 'dock',
  userAgent: 'dock',
  runHook: async () => ({ failures: [], successes: [] }),
  scopedEnvVarKeys: () => [],
};

/** The commands, each loaded when it is asked for; their names are those of their files. */
export const commands = {
  build: async () => import('../commands/build.js'),
  builders: async () => import('../commands/builders.js'),
  config: async () => import('../commands/config.js'),
  'create-build-image': async () => import('../commands/create-build-image.js'),
  gc: async () => import('../commands/gc.js'),
  'inside-build': async () => import('../commands/inside-build.js'),
  push: async () => import('../commands/push.js'),
  version: async () => import('../commands/version.js'),
};

interface CommandClass {
  id: string;
  new (argv: string[], config: Config): DockCommand;
}

/** Run a command of the manifest as oclif would, without plugins of oclif's own kind. */
export async function runCommand(id: string, argv: readonly string[]): Promise<void> {
  const { default: Command } = (await commands[id as keyof typeof commands]()) as { readonly default: CommandClass };
  Command.id = id;
  const command = new Command([...argv], configuration as unknown as Config);
  await command.start();
  const isCancelled = process.exitCode === 130 || process.exitCode === 143;
  await Promise.all([process.stdout, process.stderr].map((stream) => flush(stream, isCancelled)));
  command.end();
  await flush(process.stderr, isCancelled);
  // What a plugin left open must not keep a finished run from ending.
  process.exit();
}

/** Wait until a stream has written what it holds, however slow its reader is: a signal ends that, and so does a reader that goes away. */
async function flush(stream: Writable, isCancelled: boolean): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    if (isCancelled) setTimeout(resolve, cancelledFlushMs);
    stream.once('close', resolve);
    // Not the stream's own: standard output's is taken by what prints into the result.
    Writable.prototype.write.call(stream, '', 'utf8', () => resolve());
  });
}
