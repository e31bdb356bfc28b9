/** One row of the error catalogue. `exit` is the exit status of design §5; `retryable` says whether the same input may work later. */
export interface CatalogueRow {
  readonly code: string;
  /** 1 build or gate said no; 2 usage, input, config; 3 environment; 4 authentication; 5 plugin; 70 internal; 124 time limit; 130 cancelled. */
  readonly exit: 1 | 2 | 3 | 4 | 5 | 70 | 124 | 130;
  readonly retryable: boolean;
  /** What happened, for the reference page. */
  readonly meaning: string;
  /** What to do, used when the thrower knows nothing better. */
  readonly hint: string;
}

/** Every code that dock can report. `docs/reference/errors.md` is held to this array by a test. */
export const errorCatalogue = [
  // 1: the build or a gate said no
  {
    code: 'BUILD_FAILED',
    exit: 1,
    retryable: false,
    meaning: 'The engine refused or failed the build.',
    hint: 'Read the last log lines; the first error is the cause.',
  },
  {
    code: 'BUILD_STEP_FAILED',
    exit: 1,
    retryable: false,
    meaning: 'An instruction of the Dockerfile failed.',
    hint: 'Read the last log lines of the step and repair its command.',
  },
  {
    code: 'DOCKERFILE_SYNTAX',
    exit: 1,
    retryable: false,
    meaning: 'The Dockerfile does not parse.',
    hint: 'Repair the named line.',
  },
  {
    code: 'FRONTEND_TOO_OLD',
    exit: 1,
    retryable: false,
    meaning: "The engine's Dockerfile frontend does not know this syntax.",
    hint: 'Name a newer frontend with "# syntax=" or use a newer engine.',
  },
  {
    code: 'GATE_FAILED',
    exit: 1,
    retryable: false,
    meaning: 'A gate (a test of the built image) said no; nothing was published.',
    hint: "Read the gate's output in the result.",
  },
  {
    code: 'OOM_KILLED',
    exit: 1,
    retryable: false,
    meaning: 'A container was killed for memory.',
    hint: 'Raise the memory limit or use less memory.',
  },
  {
    code: 'DIGEST_MISMATCH',
    exit: 1,
    retryable: false,
    meaning: 'The registry holds something else than what was pushed.',
    hint: 'Somebody else pushed the same tag, or the registry rewrites manifests; use the digest.',
  },
  {
    code: 'TAG_MOVED',
    exit: 1,
    retryable: false,
    meaning: 'A local tag no longer names the image that this run built.',
    hint: 'Another build uses the same tag; give each its own.',
  },
  {
    code: 'PUSH_REFUSED',
    exit: 1,
    retryable: false,
    meaning: 'The registry refused the content.',
    hint: "Read the registry's message; its policy or a limit said no.",
  },
  // 2: usage, input, config
  {
    code: 'USAGE',
    exit: 2,
    retryable: false,
    meaning: 'The command line is wrong.',
    hint: 'Run the command with --help.',
  },
  {
    code: 'CONFIG_ERROR',
    exit: 2,
    retryable: false,
    meaning: 'The config file could not be loaded.',
    hint: 'Repair the named file and line; dock never falls back to defaults.',
  },
  {
    code: 'CONFIG_INVALID',
    exit: 2,
    retryable: false,
    meaning: 'A key or value of the config, or an option of a plugin, is wrong.',
    hint: 'Correct the named key.',
  },
  {
    code: 'PLUGIN_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: 'A plugin package could not be found.',
    hint: 'Install it in the project.',
  },
  {
    code: 'PLUGIN_INVALID',
    exit: 2,
    retryable: false,
    meaning: 'What is listed as a plugin is not one, is listed twice, or needs something that is not there.',
    hint: 'A plugin is { name, apply(dock) }; each name once.',
  },
  {
    code: 'INVALID_IMAGE_NAME',
    exit: 2,
    retryable: false,
    meaning: 'An image reference breaks the grammar.',
    hint: 'Use [registry/]repository[:tag][@digest] in lower case.',
  },
  {
    code: 'INVALID_GIT_REF',
    exit: 2,
    retryable: false,
    meaning: 'A git ref is not a valid ref name or commit.',
    hint: 'Name a branch, a tag or a full commit SHA.',
  },
  {
    code: 'INVALID_GIT_URL',
    exit: 2,
    retryable: false,
    meaning: 'A git URL is malformed or its scheme is not allowed.',
    hint: 'Use https://, ssh:// or user@host:path; other schemes only when allowed.',
  },
  {
    code: 'INVALID_OPTION',
    exit: 2,
    retryable: false,
    meaning: 'An option has a value that it cannot have.',
    hint: 'Correct the value.',
  },
  {
    code: 'OPTION_UNSUPPORTED',
    exit: 2,
    retryable: false,
    meaning: 'The chosen builder or engine would silently drop this option.',
    hint: 'Leave the option out or choose the other builder.',
  },
  {
    code: 'SECRET_TOO_SHORT',
    exit: 2,
    retryable: false,
    meaning: 'A secret is under four characters and cannot be masked safely.',
    hint: 'Use a longer secret.',
  },
  {
    code: 'SOURCE_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: 'The source directory does not exist, or nothing understands the source.',
    hint: 'Name a directory or a git URL.',
  },
  {
    code: 'GIT_REF_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: 'The git repository has no such ref or commit, or the ref is not at the commit that the URL names.',
    hint: 'Name an existing branch or tag, or a full commit SHA.',
  },
  {
    code: 'PATH_ESCAPES_REPO',
    exit: 2,
    retryable: false,
    meaning: 'A path leads out of the checkout.',
    hint: 'Keep the Dockerfile and the context inside the source.',
  },
  {
    code: 'DOCKERFILE_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: 'There is no Dockerfile at the path.',
    hint: 'Name it with --file.',
  },
  {
    code: 'DOCKERFILE_INVALID',
    exit: 2,
    retryable: false,
    meaning: 'The Dockerfile is empty, too large, not a regular file, or names no base.',
    hint: 'Name a regular file with at least one FROM.',
  },
  {
    code: 'DOCKERIGNORE_INVALID',
    exit: 2,
    retryable: false,
    meaning: 'A pattern of .dockerignore is malformed.',
    hint: 'Repair the named line.',
  },
  {
    code: 'CONTEXT_ERROR',
    exit: 2,
    retryable: false,
    meaning: 'The build context holds something that cannot be sent, or changed while it was read.',
    hint: 'Exclude the path in .dockerignore.',
  },
  {
    code: 'CONTEXT_TOO_LARGE',
    exit: 2,
    retryable: false,
    meaning: 'The build context is over its limit.',
    hint: 'Exclude the named paths in .dockerignore or raise the limit.',
  },
  {
    code: 'ENDPOINT_INVALID',
    exit: 2,
    retryable: false,
    meaning: 'The engine endpoint, its context or its TLS files are wrong or not supported.',
    hint: 'Correct DOCKER_HOST, the context or --host.',
  },
  {
    code: 'API_VERSION_UNSUPPORTED',
    exit: 2,
    retryable: false,
    meaning: 'The engine and dock share no API version.',
    hint: 'Use Engine 20.10 or later, or unset DOCKER_API_VERSION.',
  },
  {
    code: 'IMAGE_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: 'An image is not there.',
    hint: 'Check the name; with policy "never" it must exist locally.',
  },
  {
    code: 'REGISTRY_NOT_ALLOWED',
    exit: 2,
    retryable: false,
    meaning: 'A base image comes from a registry that the policy does not list.',
    hint: 'Use an allowed registry or add this one to the list.',
  },
  {
    code: 'COMMAND_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: 'A program that dock or a plugin needs is not installed.',
    hint: 'Install it and try again.',
  },
  {
    code: 'LIVE_PLUGINS',
    exit: 2,
    retryable: false,
    meaning: 'Plugins were given as objects, which cannot travel into a build container.',
    hint: 'Put them into a config file and name it.',
  },
  {
    code: 'CONFIG_NOT_PORTABLE',
    exit: 2,
    retryable: false,
    meaning: 'The config, or something that it imports, cannot be packed for a build container.',
    hint: 'Import modules only: no native addons, no files beside a module.',
  },
  {
    code: 'BUILD_IMAGE_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: 'The engine does not have the build image.',
    hint: 'Build it with "dock create-build-image", or pull it.',
  },
  {
    code: 'BUILD_IMAGE_NO_NODE',
    exit: 2,
    retryable: false,
    meaning: 'The build image has no shell and Node, or a Node that is too old.',
    hint: 'Use a build image with sh and Node 20.19 or later.',
  },
  {
    code: 'BUILD_IMAGE_NO_GIT',
    exit: 2,
    retryable: false,
    meaning: 'The source is a git repository, and the build image has no git.',
    hint: 'Use a build image with git.',
  },
  {
    code: 'BUILD_IMAGE_PLATFORM',
    exit: 2,
    retryable: false,
    meaning: 'The build image is for another platform than the engine.',
    hint: "Use a build image of the engine's own platform.",
  },
  {
    code: 'BUILD_IMAGE_NO_ENGINE',
    exit: 2,
    retryable: false,
    meaning: 'The build image has no dockerd, and the privileged runner starts one.',
    hint: 'Use a build image with an engine: "dock create-build-image --engine".',
  },
  {
    code: 'SOCKET_NOT_FOUND',
    exit: 2,
    retryable: false,
    meaning: "There is no engine socket at this path on the engine's machine.",
    hint: 'Name it with the option socketPath.',
  },
  {
    code: 'ENGINE_MISMATCH',
    exit: 2,
    retryable: false,
    meaning: 'The socket inside the build container leads to another engine.',
    hint: 'Name the socket of this engine with the option socketPath.',
  },
  // 3: environment
  {
    code: 'DAEMON_UNREACHABLE',
    exit: 3,
    retryable: true,
    meaning: 'No engine answers at the endpoint.',
    hint: 'Start the engine, or point dock at another with --host.',
  },
  {
    code: 'DAEMON_LOST',
    exit: 3,
    retryable: true,
    meaning: 'The engine went away during the work.',
    hint: 'Look at the engine; then run again.',
  },
  {
    code: 'DAEMON_PROTOCOL',
    exit: 3,
    retryable: true,
    meaning: "The engine's answer ended without a result, or made no sense.",
    hint: 'A proxy or the engine cut the stream; run again.',
  },
  {
    code: 'DAEMON_ERROR',
    exit: 3,
    retryable: true,
    meaning: 'The engine answered with an error of its own.',
    hint: "Read the engine's message and its log.",
  },
  {
    code: 'DISK_FULL',
    exit: 3,
    retryable: true,
    meaning: 'A disk is full, here or at the engine.',
    hint: 'Free space; "docker system df" shows what the engine uses.',
  },
  {
    code: 'PULL_FAILED',
    exit: 3,
    retryable: true,
    meaning: 'An image could not be pulled.',
    hint: 'Check the name and the registry.',
  },
  {
    code: 'REGISTRY_UNREACHABLE',
    exit: 3,
    retryable: true,
    meaning: 'The registry does not answer.',
    hint: 'Check the host, the network and the proxy.',
  },
  {
    code: 'REGISTRY_ERROR',
    exit: 3,
    retryable: true,
    meaning: 'The registry answered with an error.',
    hint: 'Try again later; the image is kept.',
  },
  {
    code: 'PUSH_PARTIAL',
    exit: 3,
    retryable: true,
    meaning: 'Some references were published and some were not.',
    hint: 'Push the missing ones with "dock push".',
  },
  {
    code: 'GIT_CLONE_FAILED',
    exit: 3,
    retryable: true,
    meaning: 'The git source could not be fetched.',
    hint: 'Check the URL, the ref and the network.',
  },
  {
    code: 'CONTAINER_FAILED',
    exit: 3,
    retryable: true,
    meaning: 'A container could not be created or started.',
    hint: "Read the engine's message.",
  },
  {
    code: 'CREDENTIAL_HELPER_FAILED',
    exit: 3,
    retryable: true,
    meaning: 'A docker credential helper failed or took too long.',
    hint: 'Run the helper by hand; check credsStore and credHelpers.',
  },
  {
    code: 'RUN_DIED',
    exit: 3,
    retryable: true,
    meaning:
      'The process of the run was killed, or its machine stopped; written afterwards, by the next run or `dock gc`.',
    hint: 'Run again; "dock gc" lists and removes what may be left.',
  },
  {
    code: 'PRIVILEGED_REFUSED',
    exit: 3,
    retryable: false,
    meaning: 'The engine refuses privileged containers.',
    hint: 'Use another runner or engine.',
  },
  {
    code: 'INNER_DAEMON_FAILED',
    exit: 3,
    retryable: false,
    meaning: 'The engine inside a build container does not come up.',
    hint: 'Read the last lines of its log.',
  },
  {
    code: 'CACHE_IN_USE',
    exit: 3,
    retryable: true,
    meaning: 'Another run uses the cache of a privileged runner.',
    hint: 'Wait until it is over, or name another cache.',
  },
  {
    code: 'LOAD_FAILED',
    exit: 3,
    retryable: true,
    meaning: "The image could not be brought from the engine inside a build container into the host's.",
    hint: "Read the engine's message; then run again.",
  },
  {
    code: 'BUILD_CONTAINER_KILLED',
    exit: 3,
    retryable: true,
    meaning: 'The build container was ended from outside before it had a result.',
    hint: 'Look for who ended it; then run again.',
  },
  {
    code: 'EVENTS_BROKEN',
    exit: 3,
    retryable: true,
    meaning: 'The event stream of a build container has a gap, garbage in it, or no end.',
    hint: 'Run again; the log holds what came before.',
  },
  // 4: authentication
  {
    code: 'AUTH_FAILED',
    exit: 4,
    retryable: false,
    meaning: 'A registry or git server refused the credentials, or there were none.',
    hint: 'Run "docker login HOST", or check the token.',
  },
  // 5: plugins
  {
    code: 'PLUGIN_FAILED',
    exit: 5,
    retryable: false,
    meaning: 'A plugin threw, or returned something that the hook does not take.',
    hint: 'Look at the named plugin and hook; it is a fault of the plugin.',
  },
  // 70: ours
  {
    code: 'INTERNAL',
    exit: 70,
    retryable: false,
    meaning: 'A defect of dock, or a plugin that ended the process.',
    hint: 'Please report it with the log file.',
  },
  {
    code: 'RESULT_MISSING',
    exit: 70,
    retryable: false,
    meaning: 'A build container ended without a result.',
    hint: 'Read its last lines in the log.',
  },
  {
    code: 'RESULT_TOO_LARGE',
    exit: 70,
    retryable: false,
    meaning: 'The result of a build container is larger than 16 MiB.',
    hint: 'Report less from plugins.',
  },
  {
    code: 'RESULT_INVALID',
    exit: 70,
    retryable: false,
    meaning: 'The result of a build container is malformed or contradicts itself.',
    hint: 'Please report it with the log file.',
  },
  // 124: time limits
  {
    code: 'PLUGIN_TIMEOUT',
    exit: 124,
    retryable: true,
    meaning: 'A tap of a plugin took longer than its limit.',
    hint: 'Repair the plugin, or raise timeouts.pluginMs (or the timeoutMs of the tap, where it has one).',
  },
  {
    code: 'GATE_TIMEOUT',
    exit: 124,
    retryable: true,
    meaning: 'A gate took longer than its limit.',
    hint: "Raise the gate's timeout or repair what it waits for.",
  },
  {
    code: 'GIT_TIMEOUT',
    exit: 124,
    retryable: true,
    meaning: 'A git command took longer than its limit.',
    hint: 'Look at the git server, or raise timeouts.sourceMs.',
  },
  {
    code: 'PUSH_TIMEOUT',
    exit: 124,
    retryable: true,
    meaning: 'A push made no progress for its limit.',
    hint: 'Look at the registry, or raise timeouts.pushIdleMs (or idleTimeoutMs of push()); the image is kept.',
  },
  {
    code: 'PULL_TIMEOUT',
    exit: 124,
    retryable: true,
    meaning: 'A pull made no progress for its limit.',
    hint: 'Look at the registry, or raise timeouts.pullIdleMs.',
  },
  {
    code: 'TIMEOUT',
    exit: 124,
    retryable: true,
    meaning: 'A call, a phase or the run took longer than its limit.',
    hint: 'Raise the named limit.',
  },
  // 130
  {
    code: 'CANCELLED',
    exit: 130,
    retryable: true,
    meaning: 'The run was cancelled (130; 143 after SIGTERM).',
    hint: 'Run again.',
  },
] as const satisfies readonly CatalogueRow[];

/** A code of {@link errorCatalogue}. */
export type ErrorCode = (typeof errorCatalogue)[number]['code'];

const rows: ReadonlyMap<string, CatalogueRow> = new Map(errorCatalogue.map((row) => [row.code, row]));

/** The catalogue row of a code. */
export function catalogueRow(code: ErrorCode): CatalogueRow {
  const row = rows.get(code);
  if (row === undefined) throw new TypeError(`unknown error code "${code}"`);
  return row;
}

/** Whether a string is a code of the catalogue. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && rows.has(code);
}
