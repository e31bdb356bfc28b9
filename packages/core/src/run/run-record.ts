import type { BuildOutput } from '../contracts/build-output.js';
import type { BaseImage, BuildSpec, TargetReference } from '../contracts/build-spec.js';
import type { Checkout } from '../contracts/checkout.js';
import type { BuiltImage, PublishedImage, UnpublishedImage } from '../contracts/image.js';
import type { HookName, PhaseName } from '../contracts/phases.js';
import type {
  BuildResult,
  GateOutcome,
  JsonValue,
  PhaseTiming,
  PluginTiming,
  WarningDocument,
} from '../contracts/result.js';
import type { DockError } from '../errors/dock-error.js';
import { errorDocument, failureStatus } from '../errors/error-document.js';
import { repositoryName } from '../reference/format-image-reference.js';
import type { RunFacts } from '../contracts/state-line.js';

/** Warnings that a result holds. */
const warningLimit = 1000;

/** `registry/repository[:tag]`, for comparing and for people. */
export function targetName(reference: TargetReference): string {
  return reference.tag === undefined ? repositoryName(reference) : `${repositoryName(reference)}:${reference.tag}`;
}

/** What a run has come to so far. It only grows; the result is made from it at any time. */
export class RunRecord {
  readonly runId: string;
  readonly runner: string;
  readonly startedAt: string;
  readonly versions: Record<string, string>;
  checkout: Checkout | undefined;
  spec: BuildSpec | undefined;
  #image: BuiltImage | undefined;
  /** Hears at once of what must not be lost should the process be killed. */
  onProgress: ((facts: RunFacts) => void) | undefined;
  /** References to publish, once they are final. */
  requested: readonly TargetReference[] = [];
  /** Names of the taps that attest what is published. */
  attesters: readonly string[] = [];
  logFile: string | undefined;
  /** Nobody waited for the end of a tap that pushes: what it did is not known. */
  isPushUnfinished = false;
  /** The first error; it wins. */
  error: DockError | undefined;
  readonly names: string[] = [];
  readonly outputs: BuildOutput[] = [];
  readonly warnings: WarningDocument[] = [];
  readonly phases: PhaseTiming[] = [];
  readonly #published = new Map<string, PublishedImage>();
  readonly #unpublished = new Map<string, UnpublishedImage>();
  readonly #gates = new Map<string, GateOutcome>();
  readonly #attested = new Map<string, ReadonlySet<string>>();
  readonly #plugins: PluginTiming[] = [];
  readonly #reports = new Map<string, JsonValue>();
  readonly #began: number;
  #warningsLeftOut = 0;
  #endedAfterMs: number | undefined;

  constructor(runId: string, runner: string, versions: Record<string, string>) {
    this.runId = runId;
    this.runner = runner;
    this.startedAt = new Date().toISOString();
    this.versions = versions;
    this.#began = performance.now();
  }

  get durationMs(): number {
    return this.#endedAfterMs ?? Math.round(performance.now() - this.#began);
  }

  /** The run is over: its duration stands still, so that event, result and file say the same. */
  end(): void {
    this.#endedAfterMs ??= this.durationMs;
  }

  /** A warning for the result; beyond a thousand they are counted only. */
  addWarning(warning: WarningDocument): void {
    if (this.warnings.length < warningLimit) this.warnings.push(warning);
    else this.#warningsLeftOut += 1;
  }

  get image(): BuiltImage | undefined {
    return this.#image;
  }

  set image(image: BuiltImage) {
    this.#image = image;
    this.onProgress?.({ image });
  }

  /** In the order of the names, whoever was first. */
  get published(): readonly PublishedImage[] {
    return this.#inOrder(this.#published);
  }

  /** The first error wins; a later one is attached to it. */
  fail(error: DockError): void {
    if (this.error === undefined) this.error = error;
    else if (this.error !== error) this.error.attached.push(error);
  }

  addPublished(images: readonly PublishedImage[]): void {
    for (const image of images) {
      this.#published.set(targetName(image.reference), image);
      this.#unpublished.delete(targetName(image.reference));
    }
    if (images.length > 0) this.onProgress?.({ published: this.published });
  }

  addUnpublished(image: UnpublishedImage): void {
    this.#unpublished.set(targetName(image.reference), image);
  }

  /** A tap that attests has ended well: these it was given. */
  addAttested(tap: string, images: readonly PublishedImage[]): void {
    this.#attested.set(tap, new Set(images.map(({ reference }) => targetName(reference))));
  }

  /** Names that are out without what every tap that attests would have added. */
  #unattested(): string[] {
    const names = this.published.map(({ reference }) => targetName(reference));
    return names.filter((name) => this.attesters.some((tap) => this.#attested.get(tap)?.has(name) !== true));
  }

  /** Why a reference is not published, where somebody said so. */
  unpublished(reference: TargetReference): UnpublishedImage | undefined {
    return this.#unpublished.get(targetName(reference));
  }

  /** References that were to be published and have no published image. */
  missing(): TargetReference[] {
    return this.requested.filter((reference) => !this.#published.has(targetName(reference)));
  }

  /** The last word of a gate on a platform counts. */
  addGate(outcome: GateOutcome): void {
    this.#gates.set(`${outcome.gate}\0${outcome.platform}`, outcome);
  }

  addTiming(timing: PluginTiming): void {
    this.#plugins.push(timing);
  }

  report(plugin: string, hook: HookName, value: JsonValue): void {
    this.#reports.set(`${hook}\0${plugin}`, value);
  }

  endPhase(phase: PhaseName, status: PhaseTiming['status'], durationMs: number): void {
    this.phases.push({ phase, status, durationMs });
  }

  /** How the run stands: cancelled and failed need the first error, ok needs none. */
  get status(): BuildResult['status'] {
    if (this.error === undefined) return 'ok';
    return this.error.code === 'CANCELLED' ? 'cancelled' : 'failed';
  }

  get publishedState(): BuildResult['publishedState'] {
    // Where nobody knows, "none" would be a claim.
    const isUncertain =
      this.isPushUnfinished || [...this.#unpublished.values()].some((image) => image.isUncertain === true);
    if (this.#published.size === 0 && !isUncertain) return 'none';
    return this.missing().length === 0 && this.#unpublished.size === 0 ? 'complete' : 'partial';
  }

  result(): BuildResult {
    const bases: readonly BaseImage[] = this.spec?.bases ?? [];
    const unattested = this.#unattested();
    return {
      v: 1,
      runId: this.runId,
      status: this.status,
      exitStatus: this.error === undefined ? 0 : failureStatus(this.error.exitStatus),
      runner: this.runner,
      publishedState: this.publishedState,
      startedAt: this.startedAt,
      durationMs: this.durationMs,
      ...(this.checkout === undefined ? {} : { source: sourceOf(this.checkout) }),
      ...(this.image === undefined ? {} : { image: this.image }),
      ...(this.#gates.size === 0 ? {} : { gates: [...this.#gates.values()] }),
      ...(this.outputs.length === 0 ? {} : { outputs: [...this.outputs] }),
      names: [...this.names],
      bases,
      published: this.published,
      unpublished: this.#inOrder(this.#unpublished),
      ...(unattested.length === 0 ? {} : { unattested }),
      phases: [...this.phases],
      plugins: this.#timings(),
      warnings: this.#allWarnings(),
      ...(this.error === undefined ? {} : { error: errorDocument(this.error) }),
      ...(this.logFile === undefined ? {} : { logFile: this.logFile }),
      versions: { ...this.versions },
    };
  }

  #inOrder<Image extends { readonly reference: TargetReference }>(images: ReadonlyMap<string, Image>): Image[] {
    const order = new Map(this.requested.map((reference, index) => [targetName(reference), index]));
    const placeOf = ({ reference }: Image) => order.get(targetName(reference)) ?? order.size;
    return [...images.values()].toSorted((a, b) => placeOf(a) - placeOf(b));
  }

  #allWarnings(): WarningDocument[] {
    if (this.#warningsLeftOut === 0) return [...this.warnings];
    return [...this.warnings, { message: `${this.#warningsLeftOut} more warnings are in the log only.` }];
  }

  #timings(): PluginTiming[] {
    const left = new Map(this.#reports);
    return this.#plugins.map((timing) => {
      const key = `${timing.hook}\0${timing.plugin}`;
      const value = left.get(key);
      left.delete(key);
      return value === undefined ? timing : { ...timing, value };
    });
  }
}

function sourceOf(checkout: Checkout): NonNullable<BuildResult['source']> {
  return {
    kind: checkout.kind,
    contextDir: checkout.contextDir,
    ...(checkout.git === undefined ? {} : { git: checkout.git }),
    ...(checkout.archive === undefined ? {} : { archive: checkout.archive }),
  };
}
