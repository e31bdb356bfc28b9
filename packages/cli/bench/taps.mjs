// What the guard costs: no-op taps in every phase.
import { createHookSet, guardCall } from '@dock/core';
import { median } from './measure.mjs';

const hooks = ['source', 'prebuild', 'build', 'prepublish', 'postbuild', 'push', 'cleanup'];

function noOps(count) {
  return Array.from({ length: count }, (_, index) => ({
    name: `no-op-${index}`,
    apply(dock) {
      for (const hook of hooks) dock.hooks[hook].tap(`no-op-${index}`, () => undefined);
    },
  }));
}

const signal = new AbortController().signal;
const caller = (hook, tap, args) =>
  guardCall(
    () => tap.fn(...args),
    { plugin: tap.plugin.name, hook, tap: tap.name },
    { signal, forceSignal: signal, timeoutMs: 60_000, graceMs: 0 },
  );

/** Median ms of one phase with that many taps, over 200 calls. */
async function timePhase(count) {
  const set = await createHookSet(noOps(count), '0.0.0');
  const times = [];
  for (let i = -20; i < 200; i++) {
    const began = performance.now();
    await set.call('prebuild', [{}], caller);
    if (i >= 0) times.push(performance.now() - began);
  }
  return median(times);
}

export async function taps() {
  const rows = [];
  for (const count of [0, 10, 100]) rows.push({ count, ms: await timePhase(count) });
  return rows;
}
