/** Seconds between asking a git process group to end and killing it; inside the 4 s that the run gives a cancelled tap. */
export const killAfterSeconds = 3;

/** Values that win over every config file, the repository's included: nothing in a repository or on the machine makes git run a program. */
const hardening: Readonly<Record<string, string>> = {
  'advice.detachedHead': 'false',
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  'core.symlinks': 'true',
  'credential.helper': '',
  'fetch.recurseSubmodules': 'false',
  'filter.lfs.process': '',
  'filter.lfs.required': 'false',
  'filter.lfs.smudge': '',
  'filter.lfs.clean': '',
  'gc.auto': '0',
  'http.followRedirects': 'initial',
  'log.showSignature': 'false',
  'maintenance.auto': 'false',
  'protocol.ext.allow': 'never',
  'safe.directory': '*',
  'submodule.recurse': 'false',
  'transfer.fsckObjects': 'true',
};

/**
 * What git's fsck finds in sound repositories of old importers and clients: how dates, people and modes were written, which no part of git acts on. What may
 * lead git or a checkout astray (names in trees, their order, `.gitmodules`) and broken objects stay errors.
 */
const harmless = [
  ...['badDate', 'badDateOverflow', 'badEmail', 'badFilemode', 'badName', 'badTagName', 'badTimezone'],
  ...['extraHeaderEntry', 'missingAuthor', 'missingEmail', 'missingNameBeforeEmail', 'missingSpaceBeforeDate'],
  ...['missingSpaceBeforeEmail', 'missingTaggerEntry', 'multipleAuthors', 'nulInCommit', 'zeroPaddedDate'],
  'zeroPaddedFilemode',
];

/** The hardening as arguments of git. A git that does not know a finding passes over its setting. */
export const hardeningArguments: readonly string[] = [
  ...Object.entries(hardening),
  ...harmless.map((finding) => [`fetch.fsck.${finding}`, 'ignore'] as const),
].flatMap(([key, value]) => ['-c', `${key}=${value}`]);

/** Settings for a `git fsck` that finds what a fetch refuses. */
export const fsckArguments: readonly string[] = harmless.flatMap((finding) => ['-c', `fsck.${finding}=ignore`]);

/** The environment of every git process, which begins from nothing. */
export const constantEnvironment: Readonly<Record<string, string>> = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_PROTOCOL_FROM_USER: '0',
  GIT_SSH_COMMAND: 'ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes',
  GIT_TEMPLATE_DIR: '',
  GIT_TERMINAL_PROMPT: '0',
  HOME: '/dev/null',
  LC_ALL: 'C',
};

const passed = [
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'no_proxy',
  'NO_PROXY',
  'GIT_SSL_CAINFO',
  'SSH_AUTH_SOCK',
];

/** What git may see of the caller's environment: where programs are, proxies, a private CA, the ssh agent. */
export function passedEnvironment(given: Readonly<Record<string, string | undefined>>): Record<string, string> {
  // A copy: inside a build container, a look at what is not there would be told.
  const env = { ...given };
  const kept = passed.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  // git and curl read the lower-case name only.
  const proxy = env['http_proxy'] ?? env['HTTP_PROXY'];
  return {
    PATH: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    ...(proxy === undefined ? {} : { http_proxy: proxy }),
    ...Object.fromEntries(kept),
  };
}
