import { basename } from 'node:path';
import { DockError, isDockError } from '@dock/core';
import { type ContextLimits, findIgnoreFile, type IgnoreFile, ownIgnoreFile, quotePath } from '@dock/core/internal';
import { GrpcError, grpcStatus, type SessionService, type SessionStream } from '../service.js';
import { dockerfileDirectory } from './dockerfile-directory.js';
import { headerValues } from './header-values.js';
import { listDirectory } from './list-directory.js';
import { sendTree } from './send-tree.js';
import { withTellingTimes } from './telling-times.js';

/** Bytes of patterns that BuildKit can send back, three more for each. */
const patternLimit = 128 * 1024;

/** What a directory's transfer came to. */
export interface SyncedDirectory {
  /** `context`, `dockerfile`, or that of a named context. */
  readonly name: string;
  /** Entries that were offered. */
  readonly files: number;
  /** Files whose content the builder asked for: only those that it did not have. */
  readonly requested: number;
  /** Bytes of content that were sent. */
  readonly bytes: number;
  /** Sentences for the result's warnings. */
  readonly warnings: readonly string[];
}

/** Options of {@link createFileSync}. */
export interface FileSyncOptions {
  /** Absolute. */
  readonly contextDir: string;
  /** Absolute; inside or outside the context. */
  readonly dockerfilePath: string;
  /** What is built; may differ from the file. */
  readonly dockerfileText: string;
  /** More directories, absolute, by the name that the builder asks for; each with the `.dockerignore` that it has. */
  readonly more?: ReadonlyMap<string, string>;
  readonly limits?: ContextLimits;
  /** Called when a directory was sent; more than once for one name, as the builder asks for parts. */
  readonly onSynced?: (directory: SyncedDirectory) => void;
  /** Called with what is wrong on our side. The builder only repeats it in its own words, so this is the build's error. */
  readonly onFault?: (error: DockError) => void;
}

/** The build context as a service of a session (`remote=client-session`). */
export interface FileSync {
  readonly service: SessionService;
  /** The value for `dockerfile=`. */
  readonly dockerfileName: string;
}

/**
 * Offer context and Dockerfile to BuildKit by FileSync, so that only changed files travel again (moby/buildkit, `session/filesync`). What `.dockerignore` leaves
 * out stays here, also for a frontend that has read it wrongly or not at all.
 *
 * @throws DOCKERIGNORE_INVALID: a bad pattern is named with its line before the build begins; OPTION_UNSUPPORTED for more patterns than BuildKit can send back
 */
export function createFileSync(options: FileSyncOptions): FileSync {
  const { contextDir, dockerfilePath } = options;
  const ignoreFile = findIgnoreFile(contextDir, dockerfilePath);
  const trees = new Map<string, Tree>([['context', { root: contextDir, ignoreFile }]]);
  for (const [name, root] of options.more ?? []) trees.set(name, { root, ignoreFile: ownIgnoreFile(root) });
  for (const tree of trees.values()) checkSize(tree.ignoreFile);
  return {
    dockerfileName: basename(dockerfilePath),
    service: {
      name: 'moby.filesync.v1.FileSync',
      methods: { DiffCopy: { kind: 'stream', handle: async (stream) => diffCopy(stream, options, trees) } },
    },
  };
}

/** A directory that the builder may ask for. */
interface Tree {
  readonly root: string;
  readonly ignoreFile: IgnoreFile | undefined;
}

/** BuildKit sends every pattern back in one block of headers, of which HTTP/2 in Node takes nine frames of 16 KiB (measured: 9,000 patterns of nine characters pass). */
function checkSize(ignoreFile: IgnoreFile | undefined): void {
  const bytes = (ignoreFile?.patterns ?? []).reduce((sum, pattern) => sum + Buffer.byteLength(pattern) + 3, 0);
  if (ignoreFile === undefined || bytes <= patternLimit) return;
  throw new DockError(
    'OPTION_UNSUPPORTED',
    `${quotePath(ignoreFile.path)} has ${ignoreFile.patterns.length} patterns of ${bytes} bytes; with BuildKit the limit is ${patternLimit}.`,
    { hint: 'Use fewer patterns, with wildcards, or build with --builder classic.' },
  );
}

async function diffCopy(
  stream: SessionStream,
  options: FileSyncOptions,
  trees: ReadonlyMap<string, Tree>,
): Promise<void> {
  const [name = ''] = headerValues(stream.metadata, 'dir-name');
  const tree = name === 'dockerfile' ? undefined : trees.get(name);
  if (tree === undefined && name !== 'dockerfile')
    throw new GrpcError(grpcStatus.invalidArgument, `no access allowed to dir "${name}"`);
  try {
    const { entries, warnings } = tree === undefined ? dockerfileOffer(options) : await offerOf(tree, stream, options);
    const { requested, bytes } = await sendTree(stream, tree?.root ?? options.contextDir, entries);
    options.onSynced?.({ name, files: entries.length, requested, bytes, warnings });
  } catch (error) {
    if (!isDockError(error)) throw error;
    if (error.code !== 'CANCELLED') options.onFault?.(error);
    throw new GrpcError(error.code === 'CANCELLED' ? grpcStatus.cancelled : grpcStatus.unknown, error.message);
  }
}

function dockerfileOffer({ dockerfilePath, dockerfileText, contextDir }: FileSyncOptions) {
  return { entries: dockerfileDirectory(dockerfilePath, dockerfileText, contextDir), warnings: [] };
}

async function offerOf({ root, ignoreFile }: Tree, stream: SessionStream, options: FileSyncOptions) {
  const filter = {
    includePatterns: headerValues(stream.metadata, 'include-patterns'),
    excludePatterns: headerValues(stream.metadata, 'exclude-patterns'),
    followPaths: headerValues(stream.metadata, 'followpaths'),
  };
  const { entries, totals } = await listDirectory(root, filter, {
    ignored: ignoreFile?.matcher,
    readable: new Set(['.dockerignore']),
    limits: options.limits,
    signal: stream.signal,
  });
  return { entries: withTellingTimes(entries), warnings: totals.warnings() };
}
