import type { CatalogueRow } from './catalogue-row.js';

/** Time limits: exit status 124. */
export const timeoutErrors = [
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
] as const satisfies readonly CatalogueRow[];
