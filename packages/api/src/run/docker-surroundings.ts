import { type BuildRequest, DockError, isDockError, type WarningDocument } from '@dock/core';
import { canonicalPlatform } from '@dock/core/internal';
import { chosenBuilder } from './connect-builder.js';
import { connectionOf, type EngineChoice } from './connect.js';
import type { Environment, Surroundings } from './surroundings.js';

/**
 * A request with what every docker client takes from its surroundings where nobody says otherwise: the platform of `DOCKER_DEFAULT_PLATFORM`, the builder of
 * `BUILDX_BUILDER`, and as build arguments `SOURCE_DATE_EPOCH` and the `proxies` of docker's config.
 *
 * @throws INVALID_OPTION for a platform or a builder that is none, ENDPOINT_INVALID, BUILDER_NOT_FOUND, BUILDER_INVALID
 */
export async function withDockerSurroundings(
  request: BuildRequest,
  surroundings: Surroundings,
  choice: EngineChoice,
  warn: (warning: WarningDocument) => void,
): Promise<BuildRequest> {
  const platform = request.platforms === undefined ? defaultPlatform(surroundings.env) : undefined;
  const own = request.buildArgs ?? {};
  const given = { ...(await proxiesFor(surroundings, choice, warn)), ...epochOf(surroundings.env) };
  const builder = await chosenBuilder(request.builder, choice, surroundings);
  const added = Object.entries(given).filter(([name]) => !Object.hasOwn(own, name));
  return {
    ...request,
    ...(builder === undefined ? {} : { builder }),
    ...(platform === undefined ? {} : { platforms: [platform] }),
    ...(added.length === 0 ? {} : { buildArgs: { ...Object.fromEntries(added), ...own } }),
  };
}

function defaultPlatform(env: Environment): string | undefined {
  const text = env['DOCKER_DEFAULT_PLATFORM'] ?? '';
  if (text === '') return undefined;
  const platform = canonicalPlatform(text);
  if (platform !== undefined) return platform;
  throw new DockError(
    'INVALID_OPTION',
    `The variable DOCKER_DEFAULT_PLATFORM says "${text}", which is not a platform.`,
    {
      hint: 'Write os/arch[/variant], as linux/arm64, or unset it.',
    },
  );
}

function epochOf(env: Environment): Readonly<Record<string, string>> {
  const epoch = env['SOURCE_DATE_EPOCH'] ?? '';
  return epoch === '' ? {} : { SOURCE_DATE_EPOCH: epoch };
}

/** A config that is broken stops only what needs it: a build that has no use for a proxy goes on, as with docker. */
async function proxiesFor(
  surroundings: Surroundings,
  choice: EngineChoice,
  warn: (warning: WarningDocument) => void,
): Promise<Readonly<Record<string, string>>> {
  const { readDockerProxies } = await import('@dock/registry');
  try {
    return await readDockerProxies(surroundings, async () => (await connectionOf(choice, surroundings)).endpoint.url);
  } catch (error) {
    if (!isDockError(error) || error.code !== 'CONFIG_ERROR') throw error;
    const message = `The build gets no proxies from docker's config: ${error.message}`;
    warn({ message, hint: error.hint, code: error.code });
    return {};
  }
}
