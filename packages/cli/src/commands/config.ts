import type { BuildRequest } from '@dock/core';
import { configFlags, jsonFlag } from '../command/common-flags.js';
import { DockCommand } from '../command/dock-command.js';
import { unreadConfig } from '../config/unread-config.js';
import { cleanText, safeJson } from '../output/clean-text.js';
import { untilSignal } from '../run/until-signal.js';

export default class Config extends DockCommand {
  static override readonly summary = 'Check the config file and show what it says';
  static override readonly description =
    'Finds, loads and checks the config as "dock build" does, and builds nothing. Plugins are shown by their names.';
  static override readonly usage = 'config [FLAGS]';
  static override readonly examples = ['dock config', 'dock config --config ci/dock.config.ts'];
  static override readonly args = {};
  static override readonly flags = { ...configFlags, ...jsonFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(Config, this.words);
    const [{ loadConfig }, { prepareInTime }] = await Promise.all([
      import('../config/load-config.js'),
      import('@dock/api'),
    ]);
    const loaded = await untilSignal(() => prepareInTime(() => loadConfig(flags, this.surroundings)));
    const unread =
      loaded === undefined && flags['no-config'] !== true ? unreadConfig(this.surroundings.cwd, undefined) : undefined;
    const { checkJob, redactCredentials } = await import('@dock/core');
    const { plugins, runner, source, image, ...rest } = loaded?.config ?? {};
    const tags = image === undefined ? [] : typeof image === 'string' ? [image] : image;
    await untilSignal(() => checkJob({ request: { ...rest, tags }, plugins: plugins ?? [] }, this.surroundings.env));
    const config = {
      ...rest,
      ...(image === undefined ? {} : { image }),
      ...(source === undefined ? {} : { source: shownSource(source, redactCredentials) }),
      ...(runner === undefined ? {} : { runner: runner.name }),
      ...(plugins === undefined ? {} : { plugins: plugins.map((plugin) => plugin?.name ?? null) }),
    };
    const warnings = unread === undefined ? [] : [unread];
    if (flags.json) {
      const file = loaded?.file ?? null;
      return this.write(`${safeJson({ v: 1, status: 'ok', exitStatus: 0, file, config, warnings }, 2)}\n`);
    }
    const found = loaded === undefined ? '# no config file; the defaults hold' : `# ${loaded.file}`;
    const unreadLines = warnings.map(({ message, hint }) => `# ${cleanText(`${message} ${hint ?? ''}`)}\n`).join('');
    this.write(`${found}\n${unreadLines}${safeJson(config, 2)}\n`);
  }
}

/** The source without the credentials of its URL. */
function shownSource(source: string | BuildRequest['source'], redact: (url: string) => string): unknown {
  if (typeof source === 'string') return redact(source);
  return 'url' in source ? { ...source, url: redact(source.url) } : source;
}
