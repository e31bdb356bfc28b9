/** The seven hooks in run order. `docs/reference/hooks.md` is held to this array by a test. */
export const hookNames = ['source', 'prebuild', 'build', 'prepublish', 'postbuild', 'push', 'cleanup'] as const;

/** The name of a hook. */
export type HookName = (typeof hookNames)[number];

/** Where in a run something happened: a hook, or what comes before the first one. */
export type PhaseName = 'config' | 'endpoint' | HookName;
