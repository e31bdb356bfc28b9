import { createHash } from 'node:crypto';
import type { ContextEntry } from '@dock/core/internal';

const second = 1_000_000_000n;

/** A file whose time somebody has set: file systems count nanoseconds, and tools that set times (Bazel, Nix, tar, `touch -d`) whole seconds. */
const isSet = ({ kind, mtimeNs }: ContextEntry): boolean => kind === 'file' && mtimeNs % second === 0n;

/**
 * A builder keeps what it got and asks again only for a file whose size or time differs, so one that was written anew and given its old time would stay as it
 * was in the image (moby/buildkit#2592). The times that were set get a fraction of a second here, the same for all of them, so that each stays as old as the
 * others; it changes when one of these files does. Layers hold whole seconds: the image is the same.
 */
export function withTellingTimes(entries: readonly ContextEntry[]): readonly ContextEntry[] {
  const hash = createHash('sha256');
  let isNeeded = false;
  for (const entry of entries) {
    if (!isSet(entry)) continue;
    isNeeded = true;
    hash.update(`${entry.path}\0${entry.ctimeNs}\0`);
  }
  if (!isNeeded) return entries;
  const fraction = 1n + (hash.digest().readBigUInt64BE() % (second - 1n));
  return entries.map((entry) => (isSet(entry) ? { ...entry, mtimeNs: entry.mtimeNs + fraction } : entry));
}
