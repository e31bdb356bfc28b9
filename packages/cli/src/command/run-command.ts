import { fileURLToPath } from 'node:url';
import { Config, settings } from '@oclif/core';

/** Run a command of the manifest by oclif, without plugins of oclif's own kind and without its development mode. */
export async function runCommand(id: string, argv: readonly string[], root: URL): Promise<void> {
  settings.enableAutoTranspile = false;
  const config = await Config.load({ root: fileURLToPath(root), userPlugins: false, devPlugins: false });
  await config.runCommand(id, [...argv]);
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
  // What a plugin left open must not keep a finished run from ending.
  process.exit();
}

/** Wait until a stream has written what it holds, at most 10 s. */
async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 10_000);
    stream.once('drain', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
