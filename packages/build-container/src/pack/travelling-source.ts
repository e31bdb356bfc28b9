import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import {
  type BuildRequest,
  type Checkout,
  fetchSource,
  gitSecrets,
  type GitSource,
  type GitFacts,
  isDockError,
  parseDockerfile,
  parseGitSource,
  redactCredentials,
  takeDockerfile,
  resolveBases,
  userLogin,
} from '@dock/core';
import { checkArchiveFile } from '@dock/core/internal';
import { createFileTar, createSourceTar, type SourceTar, type TarFileEntry } from '@dock/engine';
import { places } from '../protocol.js';

/** Bytes of a file that travels by itself; more would be refused inside. */
const sizeLimit = 16 * 1024 * 1024;

/** A source on its way into a container. */
export interface TravellingSource {
  /** What the request inside says instead. */
  readonly change: Pick<BuildRequest, 'source' | 'dockerfile'>;
  /** Git facts of a path source; `null` for a directory without any. */
  readonly pathFacts?: GitFacts | null;
  /** The context of a path source, for {@link places.source}. */
  readonly tar?: SourceTar;
  /** Other files of it, by their path below {@link places.root}. */
  readonly files: readonly TarFileEntry[];
  /** The URL with its credentials. */
  readonly sourceUrl?: string;
  readonly secrets: readonly string[];
  /** Registries that the Dockerfile names, where it can be read beforehand. */
  readonly registries?: readonly string[];
  /** Places inside, and what they are on the host. */
  readonly paths: readonly (readonly [inside: string, host: string])[];
  readonly warnings: readonly string[];
}

/** What taking a source needs of the host. */
export interface SourceSurroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Make a source ready to travel: a directory as a tar by the rules of its `.dockerignore`, with its git facts taken here; of a git URL only the credentials
 * are taken out, it is fetched inside.
 *
 * @throws INVALID_GIT_URL, INVALID_GIT_REF, PATH_ESCAPES_REPO, SOURCE_NOT_FOUND, CONTEXT_ERROR, CONTEXT_TOO_LARGE, DOCKERIGNORE_INVALID
 */
export async function packSource(request: BuildRequest, host: SourceSurroundings): Promise<TravellingSource> {
  const { source } = request;
  if (source.kind === 'empty') return packEmpty(request);
  if (source.kind === 'archive' || source.kind === 'archive-file') return packArchive(request, source);
  return source.kind === 'git' ? packGit(request, source, host) : packPath(request, host);
}

/** What the user's own helpers or `.netrc` say of one host travels as if it stood in the URL. */
async function packGit(
  request: BuildRequest,
  source: Extract<BuildRequest['source'], { kind: 'git' }>,
  host: SourceSurroundings,
): Promise<TravellingSource> {
  const unchanged = request.dockerfile === undefined ? {} : { dockerfile: request.dockerfile };
  const plain = { files: [], paths: [], warnings: [] };
  const { gitCredentials, ...travelling } = source;
  // One that cannot be read may hold a password anywhere, so it does not travel.
  const parsed = parseGitSource(source.url, source);
  const login =
    parsed === undefined || gitCredentials === undefined ? undefined : await askUser(parsed, gitCredentials, host);
  const gitUrl = login === undefined ? source.url : withUser(source.url, login);
  const secrets = gitSecrets(login === undefined ? (parsed ?? {}) : { credentials: login });
  if (secrets.length === 0) return { ...plain, change: { source: travelling, ...unchanged }, secrets };
  return {
    ...plain,
    change: { source: { ...travelling, url: withoutUser(source.url) }, ...unchanged },
    sourceUrl: gitUrl,
    secrets,
  };
}

/** What is behind a URL is fetched inside, and the URL itself goes with the secrets; a file goes as it is. */
async function packArchive(
  request: BuildRequest,
  source: Extract<BuildRequest['source'], { kind: 'archive' | 'archive-file' }>,
): Promise<TravellingSource> {
  const unchanged = request.dockerfile === undefined ? {} : { dockerfile: request.dockerfile };
  const plain = { files: [], paths: [], warnings: [], secrets: [] };
  if ('url' in source) {
    const shown = { kind: 'archive', url: redactCredentials(source.url) } as const;
    return { ...plain, change: { source: shown, ...unchanged }, sourceUrl: source.url };
  }
  await checkArchiveFile(source.file);
  const inside = { kind: 'archive-file', file: `${places.source}/${basename(source.file)}` } as const;
  return {
    ...plain,
    change: { source: inside, ...unchanged },
    tar: createFileTar(source.file),
    paths: [[inside.file, source.file]],
  };
}

/** In an empty directory of its own, so that no repository's config has a say. */
async function askUser(parsed: GitSource, from: 'helper' | 'netrc', { env, signal }: SourceSurroundings) {
  const directory = await mkdtemp(join(tmpdir(), 'dock-git-'));
  try {
    return await userLogin(parsed, from, { env, signal, directory });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function withUser(
  url: string,
  { username, password }: { readonly username: string; readonly password: string },
): string {
  const user = `${encodeURIComponent(username)}:${encodeURIComponent(password)}`;
  return withoutUser(url).replace(
    /^(?:([a-z][a-z0-9+.-]*:\/\/)|(?=github\.com\/))/i,
    (scheme) => `${scheme || 'https://'}${user}@`,
  );
}

/** A password may have an `@` in it: the last one before the path ends it. */
function withoutUser(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}

/** Nothing travels; the text of its Dockerfile is in the request. */
async function packEmpty(request: BuildRequest): Promise<TravellingSource> {
  const dockerfile = await tryReadDockerfile({ kind: 'path', directory: '/', contextDir: '/' }, request);
  return {
    change: { source: request.source },
    files: [],
    secrets: [],
    paths: [],
    warnings: [],
    ...(dockerfile === undefined ? {} : { registries: registriesOf(request, dockerfile) }),
  };
}

async function packPath(request: BuildRequest, { cwd, env, signal }: SourceSurroundings): Promise<TravellingSource> {
  const checkout = await fetchSource(request.source, { workDir: cwd, cwd, env, signal });
  const { contextDir } = checkout;
  const dockerfile = await tryReadDockerfile(checkout, request);
  const dockerfilePath = dockerfile?.path ?? resolve(contextDir, request.dockerfile ?? 'Dockerfile');
  const fromContext = relative(contextDir, dockerfilePath);
  const isElsewhere = /^\.\.(?:\/|$)/.test(fromContext);
  const context = await createSourceTar({
    contextDir,
    dockerfilePath,
    signal,
    ...(request.maxContextBytes === undefined ? {} : { limits: { maxBytes: request.maxContextBytes } }),
  });
  const inside = isElsewhere ? `${places.dockerfile}/${basename(dockerfilePath)}` : fromContext;
  return {
    change: {
      source: { kind: 'path', path: places.source },
      ...(request.dockerfile === undefined ? {} : { dockerfile: inside }),
    },
    pathFacts: checkout.git ?? null,
    tar: context,
    files: isElsewhere ? await filesBeside(dockerfilePath) : [],
    secrets: [],
    ...(dockerfile === undefined ? {} : { registries: registriesOf(request, dockerfile) }),
    paths: [
      [places.source, contextDir],
      [places.dockerfile, dirname(dockerfilePath)],
    ],
    warnings: context.warnings,
  };
}

/** A Dockerfile outside of the context, and its ignore file. One that cannot be read is missed inside, where that is told. */
async function filesBeside(dockerfilePath: string): Promise<TarFileEntry[]> {
  const directory = relative(places.root, places.dockerfile);
  const paths = [dockerfilePath, `${dockerfilePath}.dockerignore`];
  const files = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() !== true || found.size > sizeLimit) return [];
      return [{ path: `${directory}/${basename(path)}`, content: await readFile(path), mode: 0o644 }];
    }),
  );
  return files.flat();
}

/** A Dockerfile that cannot be read is told inside, in its phase. */
async function tryReadDockerfile(checkout: Pick<Checkout, 'kind' | 'directory' | 'contextDir'>, asked: BuildRequest) {
  try {
    return await takeDockerfile(checkout, asked);
  } catch (error) {
    if (isDockError(error)) return undefined;
    throw error;
  }
}

function registriesOf(request: BuildRequest, dockerfile: { readonly path: string; readonly text: string }): string[] {
  const buildArgs = request.buildArgs ?? {};
  try {
    const parsed = parseDockerfile(dockerfile.text, { path: dockerfile.path, buildArgs });
    const { bases } = resolveBases(parsed, {
      buildArgs,
      ...(request.target === undefined ? {} : { target: request.target }),
      ...(request.contexts === undefined ? {} : { contexts: request.contexts }),
    });
    return bases.flatMap(({ reference }) => (reference === undefined ? [] : [reference.registry]));
  } catch (error) {
    if (isDockError(error)) return [];
    throw error;
  }
}
