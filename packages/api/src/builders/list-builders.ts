import type { NamedBuilder, NodeReport } from '@dock/buildkit';
import { DockError, type ErrorCode, type ErrorDocument, errorDocument, toDockError } from '@dock/core';
import { builderWord, unsupportedOptions } from '@dock/core/internal';
import { callKinds, type CallSchemas, checkCall } from '../check-call.js';
import type { EngineChoice } from '../run/connect.js';
import { type Environment, readSurroundings, type Surroundings } from '../run/surroundings.js';
import type { BuilderEntry, BuildersReport, NodeEntry } from './builders-report.js';

/** Options of {@link listBuilders}. */
export interface ListBuildersOptions extends EngineChoice {
  /** Only this one: a name, an address, a container. @default the engine's and all of buildx's */
  readonly builder?: string;
  /** @default the process's, read once at the call */
  readonly env?: Environment;
  /** The directory that relative paths start from. @default the process's */
  readonly cwd?: string;
  readonly signal?: AbortSignal;
}

/**
 * List what there is to build with: the engine's BuildKit and the builders of buildx, each asked what it is, what it keeps and what it cannot do. Nothing is
 * started and nothing is written. Failures are in the report.
 *
 * @throws CONFIG_INVALID for an argument of a wrong type or an unknown key; BUILDER_INVALID when what buildx says of its current builder cannot be read
 */
export async function listBuilders(options: ListBuildersOptions = {}): Promise<BuildersReport> {
  const z = await import('@dock/core/schema');
  const { text, object, anything } = callKinds(z);
  const schemas: CallSchemas<keyof ListBuildersOptions> = {
    ...{ builder: text, host: text, context: text, env: object, cwd: text, signal: anything },
  };
  checkCall(z, options, schemas, 'the options of listBuilders');
  try {
    const builders = await entries(options, readSurroundings(options));
    const failed =
      options.builder === undefined ? undefined : builders.map(whyUnusable).find((why) => why !== undefined);
    return { v: 1, status: failed === undefined ? 'ok' : 'failed', exitStatus: failed?.exitStatus ?? 0, builders };
  } catch (error) {
    const failure = toDockError(error);
    return { v: 1, status: 'failed', exitStatus: failure.exitStatus, builders: [], error: errorDocument(failure) };
  }
}

/** Why a builder cannot build at all. */
function whyUnusable({ error, nodes }: BuilderEntry): ErrorDocument | undefined {
  return nodes.some(({ status }) => status === 'running') ? undefined : (error ?? nodes[0]?.error);
}

async function entries(
  { host, context, builder, signal }: ListBuildersOptions,
  { env, homeDir, cwd }: Surroundings,
): Promise<readonly BuilderEntry[]> {
  const [
    { currentBuilderName, describeBuilder, describeBuilders, inspectNodes },
    { hasDockerContext, reachEngines, resolveEndpoint },
  ] = await Promise.all([import('@dock/buildkit'), import('@dock/engine')]);
  const request = {
    ...{ env, homeDir, cwd },
    ...(host === undefined ? {} : { host }),
    ...(context === undefined ? {} : { context }),
  };
  const home = { env, homeDir, cwd, hasContext: (name: string) => hasDockerContext(name, { env, homeDir }) };
  const { url, context: key = url } = await resolveEndpoint(request);
  const usual = env.BUILDX_BUILDER === undefined || env.BUILDX_BUILDER === '' ? 'engine' : env.BUILDX_BUILDER;
  const [described, current] = await Promise.all([
    builder === undefined ? describeBuilders(home) : describeBuilder(askedFor(builder), home).then((one) => [one]),
    currentBuilderName(key, home),
  ]);
  const reach = reachEngines(request);
  return Promise.all(
    described.map(async (each): Promise<BuilderEntry> => {
      const { name } = each;
      const isNamed = (other: string | undefined): boolean => other?.toLowerCase() === name.toLowerCase();
      const marks = { name, isDefault: isNamed(usual), isCurrent: isNamed(current) };
      if ('error' in each) return { ...marks, nodes: [], error: errorDocument(toDockError(each.error)) };
      const nodes = await inspectNodes(each, { reach, signal });
      return { ...marks, driver: each.driver, nodes: nodes.map((node) => nodeEntry(node, url)) };
    }),
  );
}

/** @throws INVALID_OPTION for what names no BuildKit */
function askedFor(builder: string): NamedBuilder {
  const word = builderWord(builder);
  if (word !== undefined && word.kind !== 'auto' && word.kind !== 'classic') return word;
  throw new DockError('INVALID_OPTION', `"${builder}" names no builder that can be asked.`, {
    hint: 'Give a name, "engine", tcp://host:port, unix:///path or docker-container:NAME.',
  });
}

/** What the node of the caller's engine is called before it is known where that is. */
const engineEndpoint = 'engine';

const statuses: Partial<Record<ErrorCode, NodeEntry['status']>> = {
  BUILDER_NOT_RUNNING: 'stopped',
  BUILDER_UNREACHABLE: 'unreachable',
  DAEMON_UNREACHABLE: 'unreachable',
  BUILDER_UNSUPPORTED: 'unsupported',
};

/** @param url where the caller's engine is */
function nodeEntry(report: NodeReport, url: string): NodeEntry {
  const { name, entitlements, given } = report;
  const endpoint = report.endpoint === engineEndpoint ? url : report.endpoint;
  if ('error' in report) {
    const { error } = report;
    const status = statuses[error.code] ?? 'failed';
    return { name, endpoint, status, platforms: given, entitlements, cannot: [], error: errorDocument(error) };
  }
  const { version, store, platforms, diskBytes, apiVersion } = report.facts;
  const column = store === 'classic' ? 'buildkit' : (store ?? 'standalone');
  return {
    name,
    endpoint,
    status: 'running',
    ...(version === undefined ? {} : { version }),
    ...(store === undefined ? {} : { store }),
    platforms: [...new Set([...given, ...platforms])],
    ...(diskBytes === undefined ? {} : { diskBytes }),
    entitlements,
    cannot: unsupportedOptions({ name, column, apiVersion, buildkitVersion: version }),
  };
}
