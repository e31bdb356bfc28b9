import { DockError } from '@dock/core';
import { type EngineVersion, packageSets } from '../install/package-sets.js';
import type { EngineStore } from './rig-engine.js';

/** One of the engines that suites run on. */
export interface EngineKind {
  readonly version: EngineVersion;
  readonly store: EngineStore;
  /** What it can build with: podman has no BuildKit. */
  readonly builders: readonly ('buildkit' | 'classic')[];
}

const kind = (version: EngineVersion, store: EngineStore): EngineKind => ({
  version,
  store,
  builders: version === 'podman' ? ['classic'] : ['buildkit', 'classic'],
});

/** Every kind that the rig can run. */
const allKinds: readonly EngineKind[] = [
  kind('20.10', 'classic'),
  kind('26', 'classic'),
  kind('26', 'containerd'),
  kind('28', 'classic'),
  kind('28', 'containerd'),
  kind('podman', 'classic'),
];

const nameOf = ({ version, store }: EngineKind) => (version === 'podman' ? version : `${version}-${store}`);

/** The names that `DOCK_TESTING_ENGINES` takes: `20.10-classic`, …, `podman`. */
export const engineKindNames: readonly string[] = allKinds.map(nameOf);

/**
 * The engines that suites run on: those that `DOCK_TESTING_ENGINES` names, with commas between them, else all that are installed without being asked for. The
 * first one is what {@link startEngine} and {@link sharedEngine} give to a test that does not care.
 *
 * @throws INVALID_OPTION for a name that there is not
 */
export function engineKinds(env: NodeJS.ProcessEnv = process.env): readonly EngineKind[] {
  const asked = (env.DOCK_TESTING_ENGINES ?? '').split(',').filter((name) => name !== '');
  if (asked.length === 0)
    return allKinds.filter(({ version }) => version !== 'podman' && !packageSets[version].isOptional);
  return asked.map((name) => {
    const found = allKinds.find((each) => nameOf(each) === name);
    if (found !== undefined) return found;
    throw new DockError('INVALID_OPTION', `The rig has no engine "${name}".`, {
      hint: `DOCK_TESTING_ENGINES takes ${engineKindNames.join(', ')}.`,
    });
  });
}

/** What an engine that is asked for without a version, or without a store, is. */
export function defaultKind(asked: {
  readonly version?: EngineVersion | undefined;
  readonly store?: EngineStore | undefined;
}): Pick<EngineKind, 'version' | 'store'> {
  const [first] = asked.version === undefined ? engineKinds() : [];
  const { version = first?.version ?? '20.10', store = first?.store ?? 'classic' } = asked;
  return { version, store };
}
