const noLimits = 'dock sets no such limit for a build; --memory (classic builder) and --ulimit are there.';

/** Flags of docker's clients that dock has not, and what to do instead. A flag that a command has is never looked up here. */
export const otherFlags: Readonly<Record<string, string>> = {
  allow: 'dock gives a build no entitlements.',
  annotation: 'dock writes no annotations. For labels of the image, there is --label.',
  call: 'dock has no check of a Dockerfile without a build; a build shows what the builder warns of.',
  'cgroup-parent': noLimits,
  check: 'dock has no check of a Dockerfile without a build; a build shows what the builder warns of.',
  'cpu-period': noLimits,
  'cpu-quota': noLimits,
  'cpu-shares': noLimits,
  'cpuset-cpus': noLimits,
  'cpuset-mems': noLimits,
  debug: 'To see everything that a build says, there is --progress plain.',
  isolation: 'It is for Windows containers, which dock does not build.',
  'memory-swap': noLimits,
  print: 'To see what is asked for, there is "dock config".',
  'security-opt': 'dock has no such option for a build.',
  squash: 'dock does not squash layers. Copy the result into a last stage: COPY --from=STAGE / /.',
  stream: 'docker has taken it out, too. Leave it out.',
};
