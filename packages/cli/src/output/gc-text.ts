import type { GcItem, GcReport } from '@dock/api';
import { cleanText } from './clean-text.js';

/** What `dock gc` did, a line for each thing. */
export function formatGcReport({ isDryRun, removed, kept, failed, recovered, error }: GcReport): string {
  const would = isDryRun ? 'would remove' : 'removed';
  const lines = [
    ...removed.map((item) => `${would} ${words(item)}`),
    ...recovered.map(({ run, resultFile }) => `run ${run} died: ${isDryRun ? 'would write' : 'wrote'} ${resultFile}`),
    ...failed.map((item) => `failed to remove ${words(item)}: ${item.why}`),
    ...kept.map((item) => `kept ${words(item)}: ${item.why}`),
  ];
  // Whoever could not look does not know.
  if (lines.length === 0) return error === undefined ? 'nothing was left behind\n' : '';
  return `${lines.map((line) => cleanText(line)).join('\n')}\n`;
}

function words({ kind, id, run, role }: GcItem): string {
  const short = /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
  return `${kind} ${short} (run ${run}${role === undefined ? '' : `, ${role}`})`;
}
