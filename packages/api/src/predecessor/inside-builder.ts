import { type BuildResult, type DockPlugin, formatImageReference, targetReferences, DockError } from '@dock/core';
import type { DockerTasker, ImageRow } from '@dock/engine';
import { type BuildImageHereParameters, buildFromGit } from '../build-image-here.js';
import { pushImage } from '../push-image.js';
import { connectionOf } from '../run/connect.js';
import type { RunOptions } from '../run/run-build.js';
import { readSurroundings } from '../run/surroundings.js';
import { throwIfFailed } from '../throw-if-failed.js';
import { baseImageOnly } from './base-image-only.js';
import { createRunLog } from './run-log.js';

/** Parameters of {@link InsideBuilder}. */
export interface InsideBuilderParameters extends Omit<RunOptions, 'runId'> {
  readonly gitUrl: string;
  readonly image: string;
  /** The Dockerfile in the repository, or its directory. */
  readonly gitDockerfilePath?: string;
  readonly gitCommit?: string;
  /** Where checkouts go. @default `DOCK_TMPDIR`, else the system's */
  readonly tmpdir?: string;
  readonly allowedSchemes?: readonly string[];
  /** Network of `RUN`. */
  readonly network?: string;
}

/** What `docker inspect` says of an image, as the engine sends it. */
export type RawInspection = Awaited<ReturnType<DockerTasker['inspectImage']>>;

/**
 * The predecessor's builder, step by step: every step is a run of the pipeline, and a failed step throws the run's error. The source is fetched anew for
 * each step that needs it and removed after it.
 */
export class InsideBuilder {
  readonly gitUrl: string;
  readonly image: string;
  readonly gitDockerfilePath: string | undefined;
  readonly gitCommit: string | undefined;
  /** Base of the last stage, as the Dockerfile names it. */
  dfBaseImage: string | undefined;
  baseImageId: string | undefined;
  baseImageInfo: ImageRow | undefined;
  builtImageInfo: ImageRow | undefined;
  imageId: string | undefined;
  /** Directory that was the build context of the last step; it is gone. */
  gitPath: string | undefined;
  /** Lines of the last step. */
  lastLogs: readonly string[] = [];
  /** Calls to the engine; there once a step needed it. */
  tasker: DockerTasker | undefined;
  readonly #parameters: InsideBuilderParameters;
  #sourceRegistry: string | undefined;

  constructor(parameters: InsideBuilderParameters) {
    this.#parameters = parameters;
    this.gitUrl = parameters.gitUrl;
    this.image = parameters.image;
    this.gitDockerfilePath = parameters.gitDockerfilePath;
    this.gitCommit = parameters.gitCommit;
  }

  /**
   * Build the image and name it.
   *
   * @returns the image's name
   * @throws the run's error
   */
  async build(): Promise<string> {
    const result = await this.#run([await this.#pullBase('if-not-present')], [this.image]);
    this.imageId = result.image?.id;
    this.#noteBase(result);
    return this.image;
  }

  /**
   * Pull the base image, from a registry other than its own where one is named. Unlike the predecessor's, this moves no tag of yours.
   *
   * @param sourceRegistry `host[:port][/prefix]`
   * @returns the base, as the Dockerfile names it
   * @throws the run's error
   */
  async pullBaseImage(sourceRegistry?: string): Promise<string> {
    this.#sourceRegistry = sourceRegistry;
    return this.#fetchBase('always');
  }

  /** What `docker images` says of the base. @throws the run's error */
  async getBaseImageInfo(): Promise<ImageRow | undefined> {
    const id = await this.#baseId();
    this.baseImageInfo = await (await this.#connect()).getImageInfoByImageId(id);
    return this.baseImageInfo;
  }

  /** What `docker images` says of the built image. @throws IMAGE_NOT_FOUND before a build */
  async getBuiltImageInfo(): Promise<ImageRow | undefined> {
    this.builtImageInfo = await (await this.#connect()).getImageInfoByImageId(this.#builtId());
    return this.builtImageInfo;
  }

  /** What `docker inspect` says of the base. @throws the run's error */
  async inspectBaseImage(): Promise<RawInspection> {
    const id = await this.#baseId();
    return (await this.#connect()).inspectImage(id);
  }

  /** What `docker inspect` says of the built image. @throws IMAGE_NOT_FOUND before a build */
  async inspectBuiltImage(): Promise<RawInspection> {
    return (await this.#connect()).inspectImage(this.#builtId());
  }

  /**
   * Push the built image to a registry, under its own name there; the digest is confirmed.
   *
   * @returns the name that was pushed
   * @throws the run's error
   */
  async pushBuiltImage(registry: string): Promise<string> {
    const imageId = this.#builtId();
    const target = targetReferences({ tags: [this.image], targetRegistries: [registry] }).find(
      (reference) => reference.isLocalOnly !== true,
    );
    const name = target === undefined ? this.image : formatImageReference(target);
    const log = createRunLog(this.#parameters.onEvent);
    const result = await pushImage({ ...this.#runOptions(), imageId, tags: [name], onEvent: log.onEvent });
    this.lastLogs = log.lines;
    throwIfFailed(result);
    return name;
  }

  /** Close the connection to the engine. */
  async close(): Promise<void> {
    const { tasker } = this;
    this.tasker = undefined;
    await tasker?.close();
  }

  async #fetchBase(policy: 'always' | 'if-not-present'): Promise<string> {
    const result = await this.#run([await this.#pullBase(policy), baseImageOnly()], []);
    this.#noteBase(result);
    this.baseImageId ??= result.image?.id;
    return this.dfBaseImage ?? '';
  }

  #noteBase(result: BuildResult): void {
    const base = result.bases.findLast(({ use }) => use === 'from');
    this.dfBaseImage = base?.text;
    this.baseImageId = base?.id;
    this.gitPath = result.source?.contextDir;
  }

  async #pullBase(policy: 'always' | 'if-not-present'): Promise<DockPlugin> {
    const { pullBase } = await import('@dock/plugin-pull-base');
    return pullBase({
      policy,
      ...(this.#sourceRegistry === undefined ? {} : { parentRegistry: this.#sourceRegistry }),
    });
  }

  async #run(plugins: readonly DockPlugin[], tags: readonly string[]): Promise<BuildResult> {
    const log = createRunLog(this.#parameters.onEvent);
    const { tmpdir: _tmpdir, ...parameters } = this.#parameters;
    const call: BuildImageHereParameters = { ...parameters, ...this.#runOptions(), plugins, onEvent: log.onEvent };
    const result = await buildFromGit(call, tags);
    this.lastLogs = log.lines;
    return throwIfFailed(result);
  }

  #runOptions(): RunOptions {
    const { host, context, cwd, signal, forceSignal, stateDir, tmpdir } = this.#parameters;
    const env = this.#parameters.env ?? process.env;
    return {
      env: tmpdir === undefined ? env : { ...env, DOCK_TMPDIR: tmpdir },
      ...(host === undefined ? {} : { host }),
      ...(context === undefined ? {} : { context }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
      ...(forceSignal === undefined ? {} : { forceSignal }),
      ...(stateDir === undefined ? {} : { stateDir }),
    };
  }

  async #connect(): Promise<DockerTasker> {
    if (this.tasker !== undefined) return this.tasker;
    const { DockerTasker } = await import('@dock/engine');
    this.tasker = new DockerTasker(await connectionOf(this.#parameters, readSurroundings(this.#parameters)));
    return this.tasker;
  }

  async #baseId(): Promise<string> {
    if (this.baseImageId === undefined) await this.#fetchBase('if-not-present');
    return this.baseImageId ?? '';
  }

  #builtId(): string {
    if (this.imageId !== undefined) return this.imageId;
    throw new DockError('IMAGE_NOT_FOUND', `"${this.image}" is not built yet.`, { hint: 'Call build() first.' });
  }
}
