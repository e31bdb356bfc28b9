// What each build of a soak does: two thirds publish an image, a third fails at a random point. The same seed gives the same plan.

/** What goes wrong. */
export const faults = ['dockerfile', 'step', 'gate', 'plugin', 'push', 'abort'];
const hooks = ['source', 'prebuild', 'build', 'prepublish', 'postbuild', 'push', 'cleanup'];
const phases = ['source', 'prebuild', 'build', 'prepublish', 'postbuild', 'push'];

/** Mulberry32: small, and good enough to pick from lists. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One step per build: `{ index, kind, hook, phase, delayMs, source, builder }`. */
export function soakPlan(count, seed) {
  const random = randomFrom(seed);
  const pick = (list) => list[Math.floor(random() * list.length)];
  return Array.from({ length: count }, (_, index) => ({
    index,
    kind: index % 3 === 2 ? pick(faults) : 'ok',
    hook: pick(hooks),
    phase: pick(phases),
    delayMs: Math.floor(random() * 400),
    source: pick(['git', 'path']),
    builder: pick(['buildkit', 'buildkit', 'classic']),
  }));
}

/** The project that is built: a Dockerfile for each way to fail in the build. */
export const soakFiles = (base) => ({
  // Each run makes an image of its own; what runs is the gate.
  Dockerfile: `FROM ${base}\nARG RUN_ID\nCOPY file /file\nLABEL run=$RUN_ID\n`,
  'dockerfile.Dockerfile': `FROM ${base}\nCOPPY file /file\n`,
  'step.Dockerfile': `FROM ${base}\nARG RUN_ID\nRUN echo $RUN_ID && exit 3\n`,
  file: 'content\n',
});

/** The Dockerfile of a step. */
export const dockerfileOf = ({ kind }) =>
  kind === 'dockerfile' || kind === 'step' ? `${kind}.Dockerfile` : 'Dockerfile';

/** Whether a result is what its step must come to; a run that is over before it is cancelled has gone well. */
export function isExpected({ kind, hook }, result) {
  const { status, exitStatus, publishedState, error, warnings } = result;
  const hasGoneWell = status === 'ok' && exitStatus === 0 && publishedState === 'complete' && error === undefined;
  const hasFailed = (code, exit) => status === 'failed' && error?.code === code && exitStatus === exit;
  if (kind === 'ok') return hasGoneWell;
  if (kind === 'abort') return hasGoneWell || (status === 'cancelled' && exitStatus === 130);
  if (kind === 'plugin' && hook === 'cleanup')
    return status === 'ok' && warnings.some(({ plugin }) => plugin === 'soak');
  if (kind === 'plugin') return hasFailed('PLUGIN_FAILED', 5);
  if (kind === 'push')
    return status === 'failed' && publishedState === 'none' && (exitStatus === 3 || exitStatus === 4);
  return hasFailed({ dockerfile: 'DOCKERFILE_SYNTAX', step: 'BUILD_STEP_FAILED', gate: 'GATE_FAILED' }[kind], 1);
}
