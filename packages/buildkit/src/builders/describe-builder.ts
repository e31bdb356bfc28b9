import path from 'node:path';
import { DockError } from '@dock/core';
import { type BuilderTlsFiles, type BuilderWord, builderWord, csvFields, parseGoUrl } from '@dock/core/internal';
import type { DockerHome } from '@dock/registry';
import type { BuilderDescription, NodeDescription, NodePlace } from './builder-description.js';
import { type BuildxBuilder, type BuildxNode, BuildxStore } from './buildx-store.js';

/** Where builders are looked for. */
export interface BuilderHome extends DockerHome {
  /** Base of relative paths. */
  readonly cwd: string;
  /** Whether there is a docker context of this name. */
  readonly hasContext: (name: string) => Promise<boolean>;
}

/** What a builder's word may name; whether the engine or its classic builder is meant by `auto` is for whoever knows the engine. */
export type NamedBuilder = Exclude<BuilderWord, { readonly kind: 'auto' | 'classic' }>;

/** One of buildx's builders whose file cannot be read. */
export interface UnreadBuilder {
  readonly name: string;
  readonly error: unknown;
}

/** The BuildKit of the caller's engine. */
export const engineBuilder: BuilderDescription = {
  name: 'engine',
  driver: 'docker',
  nodes: [{ name: 'engine', endpoint: 'engine', place: { kind: 'engine' }, platforms: [], entitlements: [] }],
};

/**
 * Find a builder, without asking it anything: as docker/buildx `builder.New` does, so that a name is one of buildx's builders, else a docker context.
 *
 * @throws BUILDER_NOT_FOUND, BUILDER_INVALID
 */
export async function describeBuilder(word: NamedBuilder, home: BuilderHome): Promise<BuilderDescription> {
  switch (word.kind) {
    case 'engine':
      return engineBuilder;
    case 'container':
      return one(`docker-container:${word.container}`, 'docker-container', {
        kind: 'container',
        container: word.container,
      });
    case 'address':
      return one(word.address, 'remote', addressPlace(word, home.cwd));
    case 'name':
      return namedBuilder(word.name, home);
  }
}

/** All that a name can lead to: the caller's engine, then buildx's builders. One that cannot be read is an error beside its name. @throws BUILDER_INVALID */
export async function describeBuilders(home: DockerHome): Promise<readonly (BuilderDescription | UnreadBuilder)[]> {
  const store = new BuildxStore(home);
  const stored = await Promise.all(
    (await store.names()).map(async (name) => {
      try {
        const found = await store.find(name);
        return found === undefined ? [] : [describeStored(found)];
      } catch (error) {
        return [{ name, error }];
      }
    }),
  );
  return [engineBuilder, ...stored.flat()];
}

/** The name of {@link currentBuilder}, whatever its own entry says. @throws BUILDER_INVALID */
export async function currentBuilderName(key: string, home: DockerHome): Promise<string | undefined> {
  return new BuildxStore(home).current(key);
}

/**
 * The builder that `docker buildx use` chose, for an option that the engine's own BuildKit lacks. `undefined` where none was chosen, or the engine's.
 *
 * @param key the docker context, or for the context `default` the engine's address
 * @throws BUILDER_INVALID
 */
export async function currentBuilder(key: string, home: DockerHome): Promise<BuilderDescription | undefined> {
  const name = await currentBuilderName(key, home);
  const found = name === undefined ? undefined : await new BuildxStore(home).find(name);
  return found === undefined ? undefined : describeStored(found);
}

async function namedBuilder(name: string, home: BuilderHome): Promise<BuilderDescription> {
  const store = new BuildxStore(home);
  const found = await store.find(name);
  if (found !== undefined) return describeStored(found);
  if (name === 'default') return { ...engineBuilder, name };
  if (await home.hasContext(name)) return { ...one(name, 'docker', { kind: 'engine', engine: name }), name };
  const known = (await store.names()).map((each) => `"${each}"`).join(', ');
  throw new DockError('BUILDER_NOT_FOUND', `There is no builder "${name}".`, {
    hint: `${known === '' ? 'buildx has none.' : `buildx has ${known}.`} Make one with "docker buildx create --name ${name}".`,
    details: { builder: name },
  });
}

function one(endpoint: string, driver: string, place: NodePlace): BuilderDescription {
  return {
    name: endpoint,
    driver,
    nodes: [{ name: endpoint, endpoint, place, platforms: [], entitlements: [] }],
  };
}

function describeStored(builder: BuildxBuilder): BuilderDescription {
  const { name, driver, nodes, file } = builder;
  if (nodes.length === 0) throw invalid(`"${file}" of buildx names no node.`);
  return { name, driver, nodes: nodes.map((node) => describeNode(builder, node)) };
}

function describeNode({ name, driver, file }: BuildxBuilder, node: BuildxNode): NodeDescription {
  return {
    name: node.name,
    endpoint: node.endpoint,
    place: storedPlace({ name, driver, file }, node),
    platforms: node.platforms,
    entitlements: allowedEntitlements(node.flags),
  };
}

function storedPlace({ name, driver, file }: Omit<BuildxBuilder, 'nodes'>, node: BuildxNode): NodePlace {
  const engine = node.endpoint === '' ? {} : { engine: node.endpoint };
  switch (driver) {
    case 'docker':
      return { kind: 'engine', ...engine };
    case 'docker-container':
      return {
        kind: 'container',
        ...engine,
        container: `buildx_buildkit_${node.name}`,
        boot: `docker buildx inspect --bootstrap ${name}`,
      };
    case 'remote':
      return remotePlace(node, `node "${node.name}" in "${file}" of buildx`);
    case 'kubernetes':
      return {
        kind: 'unsupported',
        why: 'dock does not reach builders of the driver "kubernetes"',
        hint:
          'Serve the BuildKit of its pods over TCP with TLS, and register that as a builder: ' +
          '"docker buildx create --driver remote --driver-opt cacert=…,cert=…,key=… tcp://host:1234".',
      };
    default:
      return { kind: 'unsupported', why: `dock does not know the driver "${driver}"` };
  }
}

/** What buildx's driver `remote` takes as an endpoint: a socket, or what a helper of BuildKit's client connects to. */
function remotePlace(node: BuildxNode, where: string): NodePlace {
  const { endpoint, driverOptions } = node;
  if (endpoint.startsWith('docker-container://')) return containerUrl(endpoint, where);
  const scheme = /^([a-z-]+):\/\//.exec(endpoint)?.[1];
  if (scheme !== undefined && scheme !== 'tcp' && scheme !== 'unix')
    return {
      kind: 'unsupported',
      why: `dock does not reach builders by "${scheme}://"`,
      hint: 'Forward its socket or its port to this machine, and name that: --builder unix:///path or tcp://127.0.0.1:1234.',
    };
  const word = builderWord(endpoint);
  if (word?.kind !== 'address' || csvFields(endpoint)?.length !== 1)
    throw invalid(`The endpoint "${endpoint}" of ${where} is no address like tcp://host:1234 or unix:///path.`);
  const tls = storedTls(driverOptions);
  return addressPlace({ ...word, ...(Object.keys(tls).length === 0 ? {} : { tls }) }, '/');
}

/** `docker-container://NAME?context=CONTEXT` (moby/buildkit `client/connhelper/dockercontainer`). */
function containerUrl(endpoint: string, where: string): NodePlace {
  const { hostname, query, path: rest } = parseGoUrl(endpoint);
  const context = new URLSearchParams(query).get('context') ?? '';
  if (hostname === '' || (rest !== '' && rest !== '/'))
    throw invalid(`The endpoint "${endpoint}" of ${where} names no container.`);
  return { kind: 'container', container: hostname, ...(context === '' ? {} : { engine: context }) };
}

function addressPlace({ address, tls }: Extract<BuilderWord, { kind: 'address' }>, cwd: string): NodePlace {
  if (address.startsWith('unix://'))
    return { kind: 'unix', socketPath: path.resolve(cwd, address.slice('unix://'.length)) };
  const { hostname, port } = parseGoUrl(address);
  return { kind: 'tcp', hostname, port: Number(port), ...(tls === undefined ? {} : { tls: absolute(tls, cwd) }) };
}

/** The words of buildx's `--driver-opt` for the driver `remote`. */
function storedTls({ cacert, cert, key, servername }: Readonly<Record<string, string>>): BuilderTlsFiles {
  return {
    ...(cacert === undefined ? {} : { ca: cacert }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { serverName: servername }),
  };
}

function absolute({ ca, cert, key, ...rest }: BuilderTlsFiles, cwd: string): BuilderTlsFiles {
  return {
    ...rest,
    ...(ca === undefined ? {} : { ca: path.resolve(cwd, ca) }),
    ...(cert === undefined ? {} : { cert: path.resolve(cwd, cert) }),
    ...(key === undefined ? {} : { key: path.resolve(cwd, key) }),
  };
}

/** `--allow-insecure-entitlement network.host` and `--allow-insecure-entitlement=security.insecure` among the flags of a daemon. */
function allowedEntitlements(flags: readonly string[]): readonly string[] {
  const flag = '--allow-insecure-entitlement';
  return flags.flatMap((each, at) => {
    if (each.startsWith(`${flag}=`)) return [each.slice(flag.length + 1)];
    return each === flag ? flags.slice(at + 1, at + 2) : [];
  });
}

function invalid(message: string): DockError {
  return new DockError('BUILDER_INVALID', message);
}
