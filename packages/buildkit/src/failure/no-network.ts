import type { BuildSpec } from '@dock/core';

/** What resolvers, package managers and the engine say where there is no network. */
const words = new RegExp(
  [
    'temporary failure (?:resolving|in name resolution)',
    "could ?n[o']t resolve (?:host|proxy|'|\")",
    'unable to resolve host',
    'name or service not known|no address associated with hostname|name does not resolve',
    'network is unreachable|no route to host',
    // busybox, apk, npm, pip, go, cargo, Java
    "\\bbad address '",
    'temporary error \\(try again later\\)|DNS(?: lookup error|: transient error)',
    'EAI_AGAIN|ENOTFOUND|ENETUNREACH',
    'NameResolutionError|Failed to establish a new connection',
    'dial tcp: lookup |no such host',
    'failed to lookup address information|dns error',
    'UnknownHostException',
    // An engine without a bridge of its own.
    'network (?:bridge|default) not found',
  ].join('|'),
  'i',
);

/** What to do about a step that found no network; undefined when nothing says so, or the step has the network of the engine's machine already. */
export function noNetworkHint(lines: readonly string[], { network }: Pick<BuildSpec, 'network'>): string | undefined {
  if (network === 'host' || !lines.some((line) => words.test(line))) return undefined;
  return (
    'The log says that the step found no network: build with "--network host" (option "network"), which gives RUN the network of the engine\'s ' +
    'machine, or check the name that could not be reached.'
  );
}
