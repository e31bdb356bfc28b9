import type { BaseImage, BuildSpec, CheckoutContext, DockPlugin, JsonValue } from '@dock/core';
import { checkRegistries } from './check-registries.js';
import { parsePullBaseOptions, type PullBaseOptions, type Settings } from './options.js';
import { pinBases } from './pin-bases.js';
import { type ReadyBase, resolveBase } from './resolve-base.js';

/** Bases that are brought at once. */
const concurrency = 4;

/**
 * Brings every base of the Dockerfile before the build, records what it resolved to, and builds exactly that. Tags of the engine's user are never
 * moved: bases are brought by digest.
 *
 * @throws CONFIG_INVALID for wrong options
 */
export function pullBase(options?: PullBaseOptions): DockPlugin {
  const settings = parsePullBaseOptions(options);
  const { name, optional } = settings;
  return {
    name,
    optional,
    apply(dock) {
      dock.hooks.prebuild.tap(name, async (spec, context) => {
        checkRegistries(spec.bases, settings.allowedRegistries);
        const ready = await resolveAll(spec, context, settings);
        const bases = ready.map(({ base }) => base);
        context.report(bases as unknown as JsonValue);
        return { ...spec, bases, dockerfile: { ...spec.dockerfile, text: pinBases(spec, ready) } };
      });
    },
  };
}

/** Every base once, several at a time; equal names are resolved together so that they mean one image. */
async function resolveAll(spec: BuildSpec, context: CheckoutContext, settings: Settings): Promise<ReadyBase[]> {
  const platform = spec.platforms[0];
  const known = new Map<string, Promise<ReadyBase>>();
  const groups = [...new Map(spec.bases.map((base) => [groupOf(base), base])).entries()];
  const waiting = [...groups];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined && failures.length === 0; next = waiting.shift()) {
      const [group, base] = next;
      const resolving = resolveBase(base, platform, context, settings);
      known.set(group, resolving);
      await resolving.catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, groups.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return Promise.all(
    spec.bases.map(async (base) => {
      const ready = await known.get(groupOf(base));
      return ready === undefined ? { base } : { ...ready, base: { ...ready.base, use: base.use, line: base.line } };
    }),
  );
}

function groupOf(base: BaseImage): string {
  return `${base.use === 'syntax' ? 'syntax ' : ''}${base.text}`;
}
