/** Stages may be called anything, but no name of a stage has a slash in it. */
const prefix = /^\[([a-z0-9]+\/[a-z0-9]+(?:\/[a-z0-9]+)?)(?:->([a-z0-9/]+))? /;

/**
 * The platform that a step is for, of BuildKit's name for it in a build for several: `[linux/amd64 2/3] RUN x`, or `[linux/amd64->arm64 2/3] RUN x` where the
 * step runs on one platform for another (moby/buildkit, `dockerfile2llb`, `formatTargetPlatform`).
 */
export function stepPlatform(name: string): string | undefined {
  const [, runs, target] = prefix.exec(name) ?? [];
  if (runs === undefined || target === undefined) return runs;
  const [os = '', architecture = ''] = runs.split('/');
  const [first = '', ...rest] = target.split('/');
  // What is the same on both sides is left out of the right one: the system, and with it the architecture.
  if (rest.length > 0 && !/^v\d+$/.test(rest[0] ?? '')) return target;
  return /^v\d+$/.test(first) ? `${os}/${architecture}/${first}` : `${os}/${target}`;
}
