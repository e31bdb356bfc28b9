import type { BuildSpec, TargetReference } from './build-spec.js';
import type { Checkout, SourceRequest } from './checkout.js';
import type { BuiltImage, EngineImageDraft, PublishedImage, UnpublishedImage } from './image.js';
import type { KnownKeys } from './known-keys.js';
import type { BuildResult, GateOutcome } from './result.js';
import type { CheckoutContext, RunContext, SourceContext } from './run-context.js';

/** Order within a hook: a lower stage runs earlier; taps of one stage run in `plugins` order. */
export interface TapOptions<Stage extends string = never> {
  /** @default 0 (in `push`: `transfer`) */
  readonly stage?: number | Stage;
  /** Run before these taps; an unknown name is an error. */
  readonly before?: string | readonly string[];
  /** Deadline of one call, ms. @default the run's `timeouts.pluginMs` */
  readonly timeoutMs?: number;
}

/** No value, and no promise of one either: to a lone `void` any function would be right. */
type Nothing = undefined | void;
type Maybe<T> = T | Nothing;
type MaybePromise<T> = T | Promise<T>;

/** One guarded hook: taps may be sync or async; a tap that throws, hangs or returns nonsense cannot break the run. */
export interface GuardedHook<Args extends readonly unknown[], Value, Stage extends string = never> {
  /** The everyday way: `fn` may be sync or async. */
  tap<Fn extends (...args: Args) => MaybePromise<Maybe<Value>>>(
    name: string,
    fn: Fn & KnownKeys<ReturnType<Fn>, Value>,
    options?: TapOptions<Stage>,
  ): void;
  /** For those used to tapable: `fn` must return a promise. */
  tapPromise<Fn extends (...args: Args) => Promise<Maybe<Value>>>(
    name: string,
    fn: Fn & KnownKeys<ReturnType<Fn>, Value>,
    options?: TapOptions<Stage>,
  ): void;
  /** For those used to tapable: `fn` calls back exactly once. */
  tapAsync(
    name: string,
    fn: (...args: [...Args, (error?: unknown, value?: Value) => void]) => void,
    options?: TapOptions<Stage>,
  ): void;
}

/** Order inside `push`: `transfer` < `attest` < `promote` < `announce`. */
export type PushStage = 'transfer' | 'attest' | 'promote' | 'announce';

/** Order inside `prebuild`: `resolve` (names, bases) < `edit` < `preflight` (credentials and registries, after all others). */
export type PrebuildStage = 'resolve' | 'edit' | 'preflight';

/** How the run went, as the cleanup hook sees it. */
export type RunOutcome = Pick<BuildResult, 'status' | 'exitStatus' | 'image' | 'published' | 'unpublished' | 'error'>;

/** The seven hooks, in the order of a run. */
export interface DockHooks {
  readonly source: GuardedHook<[request: SourceRequest, context: SourceContext], Checkout>;
  readonly prebuild: GuardedHook<[spec: BuildSpec, context: CheckoutContext], BuildSpec, PrebuildStage>;
  readonly build: GuardedHook<[spec: BuildSpec, context: CheckoutContext], BuiltImage | EngineImageDraft>;
  readonly prepublish: GuardedHook<
    [
      image: BuiltImage,
      context: CheckoutContext & {
        readonly spec: BuildSpec;
        /** Put what a gate came to into the result; the last word on a platform counts. */
        reportGate(outcome: Omit<GateOutcome, 'gate'>): void;
      },
    ],
    BuiltImage | EngineImageDraft
  >;
  readonly postbuild: GuardedHook<
    [
      references: readonly TargetReference[],
      image: BuiltImage,
      context: CheckoutContext & { readonly spec: BuildSpec },
    ],
    readonly TargetReference[]
  >;
  readonly push: GuardedHook<
    [
      published: readonly PublishedImage[],
      references: readonly TargetReference[],
      image: BuiltImage,
      context: CheckoutContext & {
        readonly spec: BuildSpec;
        reportPublished(image: PublishedImage): void;
        reportUnpublished(image: UnpublishedImage): void;
      },
    ],
    readonly PublishedImage[],
    PushStage
  >;
  readonly cleanup: GuardedHook<[outcome: RunOutcome, context: RunContext], void>;
}

/** What a plugin gets in `apply`. */
export interface Dock {
  readonly hooks: DockHooks;
  /** dock's own version. */
  readonly version: string;
}

/** What a plugin needs, checked before anything starts. */
export interface PluginRequirements {
  /** Programs that must be on the PATH. */
  readonly commands?: readonly string[];
  /** Semver range of `@dock/core`, as `>=1.2 <2`, `^1.2.0` or `1.x`. */
  readonly dock?: string;
  /** The history of a git source and its tags, so that its facts have `describe`. @default one commit is enough */
  readonly gitHistory?: boolean;
  /**
   * Where its taps before `push` need the image of a builder that is not the engine's: `engine`, the image is loaded into the engine; `registry`, it is
   * there by digest, which only a run that publishes may do.
   */
  readonly image?: 'engine' | 'registry';
}

/** A plugin: a name and taps. A factory returns it: `push({ … })`. */
export interface DockPlugin {
  readonly name: string;
  /** Its failure is a warning and leaves the value as it was. @default false */
  readonly optional?: boolean;
  readonly requires?: PluginRequirements;
  /** This plugin publishes: the run then counts as publishing unless publishing is forbidden. */
  readonly publishes?: boolean;
  /** Taps the hooks. Not async: what takes time belongs inside a tap. */
  apply(dock: Dock): Nothing;
}

/** Options that every plugin factory takes. */
export interface PluginOptions {
  /** @default the package's name without its scope and `plugin-` */
  readonly name?: string;
  /** @default false */
  readonly optional?: boolean;
}
