import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DockError } from '../errors/dock-error.js';
import { thrownMessage } from '../errors/thrown-message.js';
import type { BuildRequest } from '../contracts/build-request.js';
import type { BuildSpec } from '../contracts/build-spec.js';
import type { WarningDocument } from '../contracts/result.js';
import type { DockPlugin } from '../contracts/plugin.js';
import type { HookName } from '../contracts/phases.js';
import type { HookSet } from '../hooks/hook-set.js';
import { type FileOutput, fileOutputs, makesImage, withOutputPaths } from '../options/outputs.js';
import type { RunScope } from './run-scope.js';

/**
 * Before anything starts: every output can be written, as far as that can be seen.
 *
 * @param hasStandardOutput Whether somebody takes an output with `dest=-`.
 * @throws INVALID_OPTION
 */
export function checkOutputs({ outputs }: BuildRequest, cwd: string, hasStandardOutput: boolean): void {
  const taken = new Set<string>();
  for (const output of fileOutputs(withOutputPaths(outputs ?? [], (path) => resolve(cwd, path)))) {
    const { type, dest } = output;
    if (taken.has(dest)) throw refused(output, 'another output goes there too');
    taken.add(dest);
    if (dest === '-') {
      if (!hasStandardOutput) throw refused(output, 'this run has no standard output to give');
      continue;
    }
    const why = type === 'local' ? whyNoDirectory(dest) : whyNoFile(dest);
    if (why !== undefined) throw refused(output, why);
  }
}

function refused({ type, dest }: FileOutput, why: string): DockError {
  return new DockError('INVALID_OPTION', `The output "type=${type},dest=${dest}" cannot be written: ${why}.`, {
    hint: 'Name another destination.',
    details: { option: 'outputs', path: dest },
  });
}

function whyNoDirectory(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    if (!found.isDirectory()) return 'there is a file of that name';
    accessSync(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return thrownMessage(error);
  }
}

function whyNoFile(path: string): string | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return 'it is a directory';
    accessSync(found === undefined || found.isFile() ? dirname(path) : path, constants.W_OK);
    return undefined;
  } catch (error) {
    return thrownMessage(error);
  }
}

/** Hooks that have an image to work on. */
const imageHooks: readonly HookName[] = ['prepublish', 'postbuild', 'push'];

/**
 * Before anything starts: where no image is made, nobody waits for one.
 *
 * @throws CONFIG_INVALID naming the plugins
 */
export function refuseImagePlugins(
  { outputs }: BuildRequest,
  plugins: readonly DockPlugin[],
  hooks: Pick<HookSet, 'pluginsOf'>,
): void {
  if (makesImage(outputs)) return;
  const tapping = new Set(imageHooks.flatMap((hook) => hooks.pluginsOf(hook)));
  const names = plugins.map(({ name }) => name).filter((name) => tapping.has(name));
  const [first] = names;
  if (first === undefined) return;
  const which = names.map((name) => `"${name}"`).join(', ');
  throw new DockError(
    'CONFIG_INVALID',
    `The outputs of this run make no image, and ${names.length === 1 ? 'plugin' : 'plugins'} ${which} would work on one.`,
    {
      plugin: first,
      hint: `Leave ${names.length === 1 ? 'it' : 'them'} out (${names.map((name) => `--skip ${name}`).join(' ')}), or have the image too (--load or --push).`,
    },
  );
}

/** Names that are asked for and that nothing of the run can have. */
export function warnUnusedNames({ outputs, tags = [] }: BuildRequest, warn: (warning: WarningDocument) => void): void {
  const types = fileOutputs(outputs).map(({ type }) => type);
  if (tags.length === 0 || makesImage(outputs) || types.some((type) => type === 'oci' || type === 'docker')) return;
  warn({
    message: `The tag ${tags.map((tag) => `"${tag}"`).join(', ')} names nothing: an output of the type ${[...new Set(types)].join(' or ')} has no place for a name.`,
    hint: 'Leave --tag out, or have an image too: in the engine (--load), or as an archive (--output type=oci,dest=FILE).',
  });
}

/** @throws PLUGIN_FAILED for a spec with other outputs than the run was asked for: the run has been checked for those */
export function refuseOtherOutputs(first: BuildSpec, changed: BuildSpec): void {
  if (JSON.stringify(first.outputs) === JSON.stringify(changed.outputs)) return;
  throw new DockError('PLUGIN_FAILED', 'A plugin changed the outputs of the spec.', {
    hint: 'Choose them in the config, or with --output: destinations are checked before the hooks run.',
  });
}

/**
 * After the build: every output of the spec was written, and told.
 *
 * @throws PLUGIN_FAILED when a plugin has built in place of dock, and left some out
 */
export function confirmOutputs({ record }: RunScope, { outputs }: BuildSpec): void {
  const missing = fileOutputs(outputs).filter(
    ({ type, dest }) => !record.outputs.some((made) => made.type === type && made.dest === dest),
  );
  if (missing.length === 0) return;
  const which = missing.map(({ type, dest }) => `"type=${type},dest=${dest}"`).join(', ');
  throw new DockError('PLUGIN_FAILED', `The build ended without its output ${which}.`, {
    hint: 'A plugin that builds by itself makes no outputs: leave it out (--skip).',
  });
}
