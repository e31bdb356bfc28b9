import { places } from '../protocol.js';

/** Variables that packages read to decide how to print, and Node's own: that they did not travel changes nothing. */
const unimportant = /^(?:NODE_|npm_|LC_|_)|^(?:NO_COLOR|FORCE_COLOR|COLORTERM|TERM|TERM_PROGRAM|DEBUG|LANG|PWD|SHLVL)$/;

/** What comes into the environment inside. */
export interface EnvironmentRequest {
  /** The container's own. */
  readonly own: Readonly<Record<string, string | undefined>>;
  /** Variables of `passEnv`. */
  readonly passed: Readonly<Record<string, string>>;
  /** Names of the host's variables. */
  readonly hostVariables: readonly string[];
  /** Called once for each variable that was read, that the host has, and that did not travel. */
  readonly onMissing: (name: string) => void;
}

/** The environment that the config and its plugins see: what was passed, and the container's own PATH. */
export function insideEnvironment(request: EnvironmentRequest): Readonly<Record<string, string | undefined>> {
  const { own, passed, hostVariables, onMissing } = request;
  const values: Record<string, string | undefined> = {
    PATH: own['PATH'] ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: places.home,
    TMPDIR: places.temp,
    ...passed,
  };
  const missing = new Set(hostVariables.filter((name) => !Object.hasOwn(values, name) && !unimportant.test(name)));
  return new Proxy(values, {
    get(target, name, receiver) {
      if (typeof name === 'string' && missing.delete(name)) onMissing(name);
      return Reflect.get(target, name, receiver) as string | undefined;
    },
  });
}
