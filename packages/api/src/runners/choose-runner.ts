import { DockError, type DockRunner, here } from '@dock/core';
import type { HostDockerOptions } from '@dock/runner-host-docker';
import type { PrivilegedOptions } from '@dock/runner-privileged';

/** Where a pipeline can run, as `--method` names it. */
export const methods = ['here', 'host-docker', 'privileged'] as const;

/** A name of {@link methods}. */
export type Method = (typeof methods)[number];

type Options = Readonly<Record<string, unknown>>;

/** Every option that a container runner of dock takes. */
export type ContainerRunnerOptions = HostDockerOptions & PrivilegedOptions;

/** The runners, loaded when they are asked for. */
const factories: Readonly<Record<Method, (options: Options) => Promise<DockRunner>>> = {
  here: async () => here(),
  'host-docker': async (options) => (await import('@dock/runner-host-docker')).hostDocker(options as never),
  privileged: async (options) => (await import('@dock/runner-privileged')).privileged(options as never),
};

/** What decides which runner is used. */
export interface RunnerChoice {
  /** The config's. */
  readonly runner?: DockRunner | undefined;
  /** Wins over the config's. */
  readonly method?: Method | undefined;
  /** Options that win over those of the config's runner. */
  readonly options: Options;
}

/**
 * The runner of a build: the config's, or the named one, with single options changed. Options of the config's runner hold for it only, not for another method.
 *
 * @throws USAGE for options that no runner takes, CONFIG_INVALID for a wrong one
 */
export async function chooseRunner({ runner, method, options }: RunnerChoice): Promise<DockRunner | undefined> {
  const name = method ?? runner?.name ?? 'here';
  const own = runner?.name === name ? runner.options : undefined;
  // Denying what nobody asked for asks for nothing.
  const isGiven = (key: string, value: unknown) =>
    // Elsewhere the image is in the host's engine anyway.
    (key !== 'load' || (name !== 'here' && name !== 'host-docker')) &&
    value !== undefined &&
    (value !== false || own?.[key] !== undefined);
  const given = Object.fromEntries(Object.entries(options).filter(([key, value]) => isGiven(key, value)));
  const [first] = Object.keys(given);
  if (first === undefined && (method === undefined || method === runner?.name)) return runner;
  if (name === 'here' && first !== undefined) {
    throw new DockError('USAGE', `The option "${first}" is for build containers, and this run uses none.`, {
      hint: `Choose a runner with --method ${methods.filter((each) => each !== 'here').join('|')}, or in the config.`,
    });
  }
  const factory = Object.hasOwn(factories, name) ? factories[name as Method] : undefined;
  if (factory === undefined) {
    throw new DockError('USAGE', `The runner "${name}" of the config takes no option "${first}" from outside.`, {
      hint: 'Set it in the config.',
    });
  }
  const all = { ...own, ...given };
  if (name !== 'here' && !('buildImage' in all)) {
    throw new DockError('USAGE', `The method "${name}" needs a build image, and none is named.`, {
      hint: 'Name one with --build-image, or in the config.',
    });
  }
  return factory(all);
}
