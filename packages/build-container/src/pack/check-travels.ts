import { type BuildJob, DockError } from '@dock/core';
import { cacheEntries, fileOutputs, isEngineBuilder, namedContexts } from '@dock/core/internal';

/**
 * Refuse what cannot go into a build container, before anything starts.
 *
 * @throws LIVE_PLUGINS, OPTION_UNSUPPORTED
 */
export function checkTravels({ request, origin, inside }: BuildJob, runner: string): void {
  if (origin?.kind === 'live') {
    throw new DockError('LIVE_PLUGINS', `The runner "${runner}" was given plugins as objects.`, {
      hint: 'Put them into a config file, and name it with "configFile" or --config.',
    });
  }
  if (inside === undefined) {
    throw new DockError('USAGE', `The runner "${runner}" was not told what a build container starts.`, {
      hint: 'Run it by @dock/api or the command line.',
    });
  }
  const agent = request.ssh?.find((each) => 'socket' in each);
  if (agent !== undefined) {
    throw new DockError(
      'OPTION_UNSUPPORTED',
      `The ssh agent "${agent.id}" cannot be used by the runner "${runner}": a build container does not see its socket.`,
      {
        hint: `Give the private key: --ssh ${agent.id}=FILE. Its bytes travel as secrets do. Or use the runner "here".`,
      },
    );
  }
  const { source, builder = 'auto' } = request;
  if (!isEngineBuilder(builder)) {
    throw new DockError(
      'OPTION_UNSUPPORTED',
      `The builder "${builder}" cannot be used by the runner "${runner}": a build container reaches its engine alone, and not the builders of this machine.`,
      {
        hint: 'Use the runner "here" (--method here), or an engine\'s own builder.',
        details: { option: 'builder', builder },
      },
    );
  }
  for (const { type } of [...cacheEntries(request.cacheFrom, 'from'), ...cacheEntries(request.cacheTo, 'to')]) {
    if (type !== 'local') continue;
    throw new DockError(
      'OPTION_UNSUPPORTED',
      `A local cache cannot be used by the runner "${runner}": its directory does not travel into a container.`,
      { hint: 'Use the runner "here", or a cache in a registry.', details: { option: 'cacheTo' } },
    );
  }
  for (const [name, { kind }] of namedContexts(request.contexts)) {
    if (kind !== 'directory' && kind !== 'layout') continue;
    throw new DockError(
      'OPTION_UNSUPPORTED',
      `The context "${name}" cannot be used by the runner "${runner}": ${kind === 'layout' ? 'an OCI layout' : 'a directory'} beside the source does not travel into a container.`,
      { hint: 'Use the runner "here", or a context with docker-image:// or a URL.', details: { option: 'contexts' } },
    );
  }
  const [output] = fileOutputs(request.outputs);
  if (output !== undefined) {
    throw new DockError(
      'OPTION_UNSUPPORTED',
      `The output "type=${output.type},dest=${output.dest}" cannot be used by the runner "${runner}": a build container does not see this machine's files.`,
      { hint: 'Use the runner "here" (--method here).', details: { option: 'outputs' } },
    );
  }
  if (source.kind === 'git' && /^file:/i.test(source.url)) {
    throw new DockError(
      'OPTION_UNSUPPORTED',
      `The runner "${runner}" cannot fetch "${source.url}": a build container does not see this machine's files.`,
      { hint: 'Name the directory as a path source, or serve the repository.' },
    );
  }
}
