import { answerHelp, helpTopic, readManifest } from './help/answer-help.js';
import type { Manifest } from './help/help-text.js';
import { heedNohup } from './run/hangup.js';
import { openStandardOutput } from './run/standard-output.js';

/** The program: answers for help itself, and hands everything else to oclif. @param root The package's directory */
export async function main(argv: readonly string[], root: URL): Promise<void> {
  heedNohup();
  const manifest = readManifest(root);
  const topic = helpTopic(argv);
  const isJson = wantsJson(argv);
  if (topic !== undefined) {
    const help = answerHelp(topic, manifest, process.stdout);
    if (help === undefined) return refuse(topic, manifest, isJson);
    print(isJson ? `${JSON.stringify({ v: 1, status: 'ok', exitStatus: 0, help }, null, 2)}\n` : help);
    return;
  }
  const at = argv.findIndex((word) => word !== '--json');
  const id = argv[at] ?? '';
  if (!Object.hasOwn(manifest.commands, id)) return refuse(id, manifest, isJson);
  const { runCommand } = await withoutDebug(() => import('./command/run-command.js'));
  await runCommand(
    id,
    argv.filter((_, index) => index !== at),
  );
}

/** With `DEBUG` set, oclif prints the command line as it is, and the token of a git URL with it: it looks when it is loaded. */
async function withoutDebug<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  const { DEBUG } = process.env;
  delete process.env['DEBUG'];
  try {
    return await load();
  } finally {
    if (DEBUG !== undefined) process.env['DEBUG'] = DEBUG;
  }
}

function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => /^--json(?:=(?:1|t|true))?$/i.test(word));
}

/** Print what comes from no command. */
function print(text: string): void {
  openStandardOutput((error) => void tellOfLoss(error))(text);
}

/** Say on standard error that standard output did not take what was for it. */
export async function tellOfLoss(error: Error): Promise<void> {
  const { complainOfLostOutput } = await import('./command/complain.js');
  complainOfLostOutput(error, process.env);
}

async function refuse(word: string, manifest: Manifest, isJson: boolean): Promise<void> {
  const { refuseCommand } = await import('./command/refuse-command.js');
  refuseCommand(word, Object.keys(manifest.commands), isJson ? print : undefined);
}
