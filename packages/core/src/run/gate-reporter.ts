import type { GateOutcome } from '../contracts/result.js';
import { checkedValue } from '../hooks/checked-value.js';
import { gateOutcome } from '../hooks/value-schemas.js';
import type { RunScope } from './run-scope.js';

/** Takes what a gate of a plugin says. @throws PLUGIN_FAILED for what is no outcome */
export function gateReporter({ record }: RunScope, plugin: string): (outcome: unknown) => void {
  const place = { plugin, hook: 'prepublish' as const, did: 'reported in' };
  return (outcome) =>
    record.addGate({ gate: plugin, ...(checkedValue(gateOutcome, outcome, place) as Omit<GateOutcome, 'gate'>) });
}
