import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Config, settings } from '@oclif/core';

/** How long a cancelled run waits for the reader of what it has said, ms: it ends within 10 s of the signal. */
const cancelledFlushMs = 2_000;

/** Run a command of the manifest by oclif, without plugins of oclif's own kind and without its development mode. */
export async function runCommand(id: string, argv: readonly string[], root: URL): Promise<void> {
  settings.enableAutoTranspile = false;
  const config = await Config.load({ root: fileURLToPath(root), userPlugins: false, devPlugins: false });
  await config.runCommand(id, [...argv]);
  const isCancelled = process.exitCode === 130 || process.exitCode === 143;
  await Promise.all([process.stdout, process.stderr].map((stream) => flush(stream, isCancelled)));
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
