import type { Checkout, SourceRequest } from '../contracts/checkout.js';
import type { BuildSecret, BuildSsh } from '../contracts/request-options.js';
import type { Logger } from '../contracts/run-context.js';
import { DockError } from '../errors/dock-error.js';
import { takeSource } from './take-source.js';

/** What {@link fetchSource} needs beside the request. */
export interface FetchSourceOptions {
  /** An empty directory of the caller's (0700) to put a checkout into; the caller removes it. */
  readonly workDir: string;
  /** What a relative path is relative to. @default `/` */
  readonly cwd?: string;
  /** The environment that git is found in and whose proxy variables it gets. @default the system's PATH alone */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Build secrets, of which `GIT_AUTH_TOKEN` and `GIT_AUTH_HEADER` are read. */
  readonly secrets?: readonly BuildSecret[];
  /** Agents and keys, of which `default` is for the source. */
  readonly ssh?: readonly BuildSsh[];
  readonly signal?: AbortSignal;
  /** Time for all of it, ms; 0 means no limit. @default 600000 */
  readonly timeoutMs?: number;
  /** Called with each line that is worth telling. */
  readonly onLog?: (line: string) => void;
  /** Called with each credential in the URL before it is used. */
  readonly addSecret?: (value: string) => void;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Take a source outside of a run, exactly as a run does.
 *
 * @throws what the source phase of a run fails with: INVALID_GIT_URL, GIT_CLONE_FAILED, SOURCE_NOT_FOUND, …
 */
export async function fetchSource(request: SourceRequest, options: FetchSourceOptions): Promise<Checkout> {
  const log = (message: string) => options.onLog?.(message);
  const logger: Logger = { debug: () => undefined, info: log, warn: log, error: log };
  const checkout = await takeSource(
    request,
    {
      workDir: options.workDir,
      cwd: options.cwd ?? '/',
      ...(options.secrets === undefined ? {} : { buildSecrets: options.secrets }),
      ...(options.ssh === undefined ? {} : { ssh: options.ssh }),
      env: options.env ?? { PATH: systemPath },
      signal: options.signal ?? new AbortController().signal,
      logger,
      warn: log,
      addSecret: (value) => options.addSecret?.(value),
    },
    options.timeoutMs ?? 600_000,
  );
  if (checkout === undefined) throw new DockError('SOURCE_NOT_FOUND', 'Nothing understands the source.');
  return checkout;
}
