import {
  type BaseImage,
  type BuildSpec,
  type EngineDescription,
  formatImageReference,
  isDockError,
  parseDockerfile,
  type StreamOptions,
  withDefaultTag,
} from '@dock/core';
import { inspectRaw, platformOf } from '../images/inspect-image.js';
import type { EngineConnection } from '../transport/connection.js';
import { warningEvent } from '@dock/core/internal';

/** Deadline of one look at a base, ms. */
const lookMs = 10_000;

/**
 * The classic builder takes a base as the engine has it, for whatever platform it is, and says so nowhere: warn of each base that is for another one than
 * the image shall be, unless its FROM says so. Never rejects for what the engine does not tell.
 */
export async function warnOfOtherBases(
  spec: BuildSpec,
  engine: Pick<EngineDescription, 'platform'>,
  connection: EngineConnection,
  { signal, onEvent }: StreamOptions,
): Promise<void> {
  const wanted = spec.platforms[0] ?? engine.platform;
  const chosen = linesWithPlatform(spec);
  if (chosen === undefined) return;
  const bases = spec.bases.filter(({ use, line }) => use === 'from' && !chosen.has(line));
  const platforms = await Promise.all(bases.map((base) => platformOfBase(base, connection, signal)));
  for (const [index, { text }] of bases.entries()) {
    const platform = platforms[index];
    if (platform === undefined || isSameMachine(platform, wanted)) continue;
    onEvent?.(
      warningEvent(
        `base image "${text}" is for "${platform}", and ${spec.platforms[0] === undefined ? 'the engine is' : 'the image shall be'} for "${wanted}"`,
        `Pull it for "${wanted}", or write "FROM --platform=${platform}" where that is meant.`,
      ),
    );
  }
}

/** Lines whose FROM names a platform itself; undefined for a file that does not parse, of which the builder tells. */
function linesWithPlatform({ dockerfile }: BuildSpec): ReadonlySet<number> | undefined {
  try {
    const { stages } = parseDockerfile(dockerfile.text, { builder: 'classic' });
    return new Set(stages.filter(({ platform }) => platform !== undefined).map(({ from }) => from.startLine));
  } catch (error) {
    if (isDockError(error)) return undefined;
    throw error;
  }
}

async function platformOfBase(
  { id, reference }: BaseImage,
  connection: EngineConnection,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const name = id ?? formatImageReference(withDefaultTag(reference));
    const raw = await inspectRaw(connection, name, { signal, timeoutMs: lookMs });
    return raw?.Architecture === undefined || raw.Architecture === '' ? undefined : platformOf(raw);
  } catch (error) {
    if (signal?.aborted === true || !isDockError(error)) throw error;
    return undefined;
  }
}

/** Whether two platforms are the same but for the variant, which an engine decides by itself. */
function isSameMachine(one: string, other: string): boolean {
  const machine = (platform: string) => platform.split('/', 2).join('/');
  return machine(one) === machine(other);
}
