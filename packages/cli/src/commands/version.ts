import { connectToEngine } from '@dock/api';
import { dockVersion, type EngineDescription, errorDocument, toDockError } from '@dock/core';
import { engineFlags, jsonFlag } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';
import { safeJson } from '../output/clean-text.js';
import { untilSignal } from '../run/until-signal.js';

export default class Version extends DockCommand {
  static override readonly summary = 'Show the versions of dock and of the engine';
  static override readonly description = 'Without an engine, the versions of dock are shown and the exit status is 3.';
  static override readonly usage = 'version [FLAGS]';
  static override readonly examples = ['dock version', 'dock version --json'];
  static override readonly args = {};
  static override readonly flags = { ...engineFlags, ...jsonFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(Version, this.words);
    const client = {
      version: dockVersion,
      node: process.versions.node,
      platform: `${process.platform}/${process.arch}`,
    };
    if (!flags.json)
      this.write(table('Client', { Version: client.version, Node: client.node, Platform: client.platform }));
    try {
      const { endpoint, engine } = await untilSignal(() => this.#ask(flags));
      if (flags.json)
        return this.write(`${safeJson({ v: 1, status: 'ok', exitStatus: 0, client, endpoint, engine }, 2)}\n`);
      this.write(
        table('Engine', {
          Endpoint: `${endpoint.url} (${endpoint.origin})`,
          Version: engine.version,
          'API version': engine.apiVersion,
          Platform: engine.platform,
          'Image store': engine.store,
          BuildKit: engine.hasBuildkit ? 'yes' : 'no',
        }),
      );
    } catch (thrown) {
      if (!flags.json) throw thrown;
      const error = toDockError(thrown);
      const { exitStatus } = error;
      this.write(`${safeJson({ v: 1, status: 'failed', exitStatus, client, error: errorDocument(error) }, 2)}\n`);
      process.exitCode = exitStatus;
    }
  }

  async #ask(flags: { readonly host?: string | undefined; readonly context?: string | undefined }): Promise<{
    readonly endpoint: { readonly url: string; readonly origin: string };
    readonly engine: EngineDescription;
  }> {
    const { host, context } = flags;
    const port = await connectToEngine(
      { ...(host === undefined ? {} : { host }), ...(context === undefined ? {} : { context }) },
      this.surroundings,
    );
    try {
      return { endpoint: port.endpoint, engine: await port.describe() };
    } finally {
      await port.close();
    }
  }
}

function table(title: string, rows: Readonly<Record<string, string>>): string {
  const lines = Object.entries(rows).map(([key, value]) => ` ${`${key}:`.padEnd(14)}${value}`);
  return `${title}:\n${lines.join('\n')}\n`;
}
