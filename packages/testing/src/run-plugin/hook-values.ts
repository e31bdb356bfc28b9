import type {
  BuildSpec,
  BuiltImage,
  Checkout,
  EnginePort,
  HookName,
  PublishedImage,
  RegistryPort,
  RunOutcome,
  SourceRequest,
  TargetReference,
} from '@dock/core';
import { buildSpec, builtImage, checkout } from './build-values.js';

/** What each hook is called with. */
export interface HookInputs {
  readonly source: SourceRequest;
  readonly prebuild: BuildSpec;
  readonly build: BuildSpec;
  readonly prepublish: BuiltImage;
  readonly postbuild: readonly TargetReference[];
  readonly push: readonly PublishedImage[];
  readonly cleanup: RunOutcome;
}

/** What each hook gives. A bail hook gives `undefined` when no tap had a value. */
export interface HookOutputs {
  readonly source: Checkout | undefined;
  readonly prebuild: BuildSpec;
  readonly build: BuiltImage | undefined;
  readonly prepublish: BuiltImage;
  readonly postbuild: readonly TargetReference[];
  readonly push: readonly PublishedImage[];
  readonly cleanup: undefined;
}

/** What the context of a tap says, where a test wants something else than the defaults. */
export interface ContextOverrides {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly runId?: string;
  /** @default false */
  readonly isPublishing?: boolean;
  /** What the run asks of every push. @default nothing */
  readonly verify?: 'auto' | 'required' | 'off';
  /** @default that of `checkout()` */
  readonly checkout?: Checkout;
  /** The spec that `prepublish`, `postbuild` and `push` see. @default that of `buildSpec()` */
  readonly spec?: BuildSpec;
  /** The image that `postbuild` and `push` see. @default that of `builtImage()` */
  readonly image?: BuiltImage;
  /** The references that `push` sees. @default those of the spec */
  readonly references?: readonly TargetReference[];
  /** The directory that `source` may fill. */
  readonly workDir?: string;
}

/** One call of one hook. */
export interface PluginCall<Hook extends HookName> {
  readonly hook: Hook;
  readonly value: HookInputs[Hook];
  readonly context?: ContextOverrides;
  /** The members of the port that the plugin uses. */
  readonly engine?: Partial<EnginePort>;
  /** The calls of the registry port that the plugin makes. */
  readonly registry?: Partial<RegistryPort>;
  readonly signal?: AbortSignal;
  /** Deadline of each tap, ms. @default 10000 */
  readonly timeoutMs?: number;
}

/** The hook's own arguments, without the context. */
export function hookArguments(call: PluginCall<HookName>): readonly unknown[] {
  const image = call.context?.image ?? builtImage();
  const references = call.context?.references ?? call.context?.spec?.references ?? buildSpec().references;
  if (call.hook === 'postbuild') return [call.value, image];
  if (call.hook === 'push') return [call.value, references, image];
  return [call.value];
}

/** What the phase adds to the context. */
export function phaseContext(call: PluginCall<HookName>): Readonly<Record<string, unknown>> {
  const given = call.context ?? {};
  if (call.hook === 'source') return { request: call.value, workDir: given.workDir ?? '/nonexistent' };
  if (call.hook === 'cleanup') return {};
  const after = call.hook === 'prebuild' || call.hook === 'build' ? {} : { spec: given.spec ?? buildSpec() };
  return { checkout: given.checkout ?? checkout(), ...after };
}
