import { randomUUID } from 'node:crypto';
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DockError,
  type EngineEvent,
  formatImageReference,
  isDigest,
  isSameImage,
  parseImageReference,
  readDockerfile,
  withDefaultTag,
} from '@dock/core';
import { labelNames } from '../containers/identity-labels.js';
import { type ConnectEngineOptions, createEngineContext, type EngineContext } from '../engine-context.js';
import type { RawImage } from '../images/inspect-image.js';
import type { ImageRow } from './image-rows.js';
import type { NameParts } from './target-name.js';
import { linesOf, textStream, type TextWork } from './text-stream.js';

const parts = () => import('./tasker-parts.js');

/** What a {@link DockerTasker} needs: an engine, and for git an environment. */
export interface DockerTaskerOptions extends ConnectEngineOptions {
  /** The environment that git is found in and whose proxy variables it gets. @default the system's PATH alone */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Options of every call. */
export interface TaskerCallOptions {
  readonly signal?: AbortSignal;
}

/** Options of {@link DockerTasker.buildImageFromPath}. */
export interface BuildFromPathOptions extends TaskerCallOptions {
  /** @default false */
  readonly useCache?: boolean;
  /** Intermediate containers are always removed; `false` is refused. @default true */
  readonly removeIm?: boolean;
}

/** Options of {@link DockerTasker.buildImageFromGit}. */
export interface BuildFromGitOptions extends TaskerCallOptions {
  /** @default false */
  readonly useCache?: boolean;
  /** Dockerfile, or its directory, within the repository. */
  readonly gitPath?: string;
  /** Branch, tag or commit. */
  readonly gitCommit?: string;
  /** Where to put a copy of the Dockerfile. */
  readonly copyDockerfileTo?: string;
}

/** Options of {@link DockerTasker.run}. */
export interface RunOptions extends TaskerCallOptions {
  /** Words, or a line that is split as a shell would, without expansion. */
  readonly command?: string | readonly string[];
  /** More of the body of `POST /containers/create`. */
  readonly createOptions?: Readonly<Record<string, unknown>>;
  /** More of its `HostConfig`: current engines take no options at the start. */
  readonly startOptions?: Readonly<Record<string, unknown>>;
}

/** Images and containers of one engine, call by call: the predecessor's interface, where success always rests on the engine's own evidence. */
export class DockerTasker {
  /** Output of the last pull, push or build, by lines. */
  lastLogs: readonly string[] = [];
  readonly #context: EngineContext;
  readonly #env: DockerTaskerOptions['env'];
  readonly #addSecret: DockerTaskerOptions['addSecret'];
  readonly #runId: string;

  constructor(options: DockerTaskerOptions) {
    this.#context = createEngineContext(options);
    this.#env = options.env;
    this.#addSecret = options.addSecret;
    this.#runId = options.runId ?? randomUUID();
  }

  /** Build a directory with a Dockerfile and name the image. The name is given only when the build succeeded. */
  buildImageFromPath(
    directory: string,
    image: string,
    options: BuildFromPathOptions & { stream: true },
  ): AsyncIterable<string>;
  buildImageFromPath(
    directory: string,
    image: string,
    options?: BuildFromPathOptions & { stream?: false },
  ): Promise<string>;
  buildImageFromPath(
    directory: string,
    image: string,
    { stream = false, ...options }: BuildFromPathOptions & { stream?: boolean } = {},
  ): AsyncIterable<string> | Promise<string> {
    return this.#text(stream, options, async (emit, signal) => {
      if (options.removeIm === false)
        throw new DockError(
          'OPTION_UNSUPPORTED',
          'The option "removeIm" cannot be false: dock leaves no containers behind.',
        );
      const { buildForTasker } = await parts();
      const contextDir = path.resolve(directory);
      const dockerfile = await readDockerfile({ kind: 'path', directory: contextDir, contextDir });
      await buildForTasker(this.#context, { ...options, signal, contextDir, dockerfile, image, emit });
    });
  }

  /** Build a git repository and name the image. The clone is removed when the build is over. */
  buildImageFromGit(url: string, image: string, options: BuildFromGitOptions & { stream: true }): AsyncIterable<string>;
  buildImageFromGit(url: string, image: string, options?: BuildFromGitOptions & { stream?: false }): Promise<string>;
  buildImageFromGit(
    url: string,
    image: string,
    { stream = false, ...options }: BuildFromGitOptions & { stream?: boolean } = {},
  ): AsyncIterable<string> | Promise<string> {
    const { gitCommit, gitPath, copyDockerfileTo } = options;
    return this.#text(stream, options, async (emit, signal) => {
      const { buildForTasker, dockerfileIn, withCheckout } = await parts();
      const request = { kind: 'git' as const, url, ...(gitCommit === undefined ? {} : { ref: gitCommit }) };
      const fetching = {
        onLog: (line: string) => emit(`${line}\n`),
        ...(signal === undefined ? {} : { signal }),
        ...(this.#env === undefined ? {} : { env: this.#env }),
        ...(this.#addSecret === undefined ? {} : { addSecret: this.#addSecret }),
      };
      await withCheckout(request, fetching, async (checkout) => {
        const place = await dockerfileIn(checkout, gitPath);
        if (copyDockerfileTo !== undefined) await copyFile(place.dockerfile.path, copyDockerfileTo);
        await buildForTasker(this.#context, { ...options, ...place, signal, image, emit });
      });
    });
  }

  /** Make an image from a container. @returns the image ID */
  async commitContainer(
    containerId: string,
    {
      repository,
      message,
      signal,
    }: TaskerCallOptions & { readonly repository?: string; readonly message?: string } = {},
  ): Promise<string> {
    const { containerName, documentOf } = await parts();
    const name = repository === undefined ? undefined : withDefaultTag(parseImageReference(repository));
    const options: object = {
      _query: {
        container: containerName(containerId),
        ...(name === undefined ? {} : { repo: `${name.registry}/${name.repository}`, tag: name.tag }),
        ...(message === undefined ? {} : { comment: message }),
      },
      _body: {},
    };
    const what = `committing container "${containerId}"`;
    const { Id } = await this.#context.connection.call(what, { signal, timeoutMs: 600_000 }, async (docker) => {
      const answer: unknown = await docker.getContainer(containerName(containerId)).commit(options);
      return documentOf<{ readonly Id: string }>(what, answer, { 'Id!': 'text' });
    });
    if (!isDigest(Id))
      throw new DockError('DAEMON_PROTOCOL', `Committing container "${containerId}" ended without an image ID.`);
    return Id;
  }

  /** The row of `docker images` for an image ID. */
  async getImageInfoByImageId(imageId: string, options: TaskerCallOptions = {}): Promise<ImageRow | undefined> {
    const { engineImageName, imageRows } = await parts();
    const wanted = engineImageName(imageId);
    return (await imageRows(this.#context.connection, options)).find(({ Id }) => Id === wanted);
  }

  /** The rows of `docker images` for a name; without a tag, of all its tags. */
  async getImageInfoByImageName(
    imageName: string,
    { signal, ...name }: NameParts & TaskerCallOptions = {},
  ): Promise<readonly ImageRow[]> {
    const { composeReference, hasName, imageRows } = await parts();
    const wanted = composeReference(imageName, name);
    return (await imageRows(this.#context.connection, { signal })).filter((row) => hasName(row, wanted));
  }

  /** Whether the engine has the image. An engine that does not answer is an error, never "no". */
  async imageExists(imageId: string, options: TaskerCallOptions = {}): Promise<boolean> {
    const { inspectRaw } = await parts();
    return (await inspectRaw(this.#context.connection, imageId, options)) !== undefined;
  }

  /** The engine's own document of an image. @throws IMAGE_NOT_FOUND */
  async inspectImage(imageId: string, options: TaskerCallOptions = {}): Promise<RawImage> {
    const { imageNotFound, inspectRaw } = await parts();
    const raw = await inspectRaw(this.#context.connection, imageId, options);
    if (raw === undefined) throw imageNotFound(imageId);
    return raw;
  }

  /** Output of a container: as it comes until it ends, or what there is now as non-empty lines. */
  logs(containerId: string, options?: TaskerCallOptions & { stderr?: boolean; stream?: true }): AsyncIterable<string>;
  logs(containerId: string, options: TaskerCallOptions & { stderr?: boolean; stream: false }): Promise<string[]>;
  logs(
    containerId: string,
    { stderr = true, stream = true, signal }: TaskerCallOptions & { stderr?: boolean; stream?: boolean } = {},
  ): AsyncIterable<string> | Promise<string[]> {
    const lines = linesOf(
      textStream((emit, own) => this.#readLogs(containerId, { stderr, follow: stream, signal: own }, emit), signal),
    );
    if (stream) return lines;
    return (async () => {
      const all: string[] = [];
      for await (const line of lines) if (line !== '') all.push(line);
      return all;
    })();
  }

  /** Pull an image. @returns its name */
  async pullImage(imageName: string, { signal, ...name }: NameParts & TaskerCallOptions = {}): Promise<string> {
    const { composeReference, nameOf, pullImage } = await parts();
    const reference = composeReference(imageName, name);
    const { connection, source } = this.#context;
    await this.#logged((onEvent) =>
      pullImage(connection, source, reference, { onEvent, ...(signal === undefined ? {} : { signal }) }),
    );
    return nameOf(reference);
  }

  /** Push an image under its name. @returns the push's output */
  async pushImage(image: string, { signal }: TaskerCallOptions = {}): Promise<string> {
    const { pushImage } = await parts();
    const { connection, source } = this.#context;
    const reference = parseImageReference(image);
    const { digest, size } = await this.#logged((onEvent) =>
      pushImage(connection, source, reference, { onEvent, ...(signal === undefined ? {} : { signal }) }),
    );
    this.lastLogs = [...this.lastLogs, `${withDefaultTag(reference).tag}: digest: ${digest} size: ${size}`];
    return this.lastLogs.join('\n');
  }

  /** Remove a container with its anonymous volumes. One that is not there is fine. */
  async removeContainer(
    containerId: string,
    { force = false, ...options }: TaskerCallOptions & { readonly force?: boolean } = {},
  ): Promise<void> {
    const { removeContainer } = await parts();
    await removeContainer(this.#context.connection, containerId, { ...options, force });
  }

  /** Remove an image or a name. One that is not there is fine. */
  async removeImage(
    imageId: string,
    { noprune = false, ...options }: TaskerCallOptions & { readonly force?: boolean; readonly noprune?: boolean } = {},
  ): Promise<void> {
    const { removeImage } = await parts();
    await removeImage(this.#context.connection, imageId, { ...options, noPrune: noprune });
  }

  /** Create a container and start it. A container that does not start is left for the caller to look at, named in the error. @returns its ID */
  async run(
    image: string,
    { command, createOptions = {}, startOptions = {}, signal }: RunOptions = {},
  ): Promise<string> {
    const { engineImageName, engineMessage, engineStatus, orNotFound, postContainer, splitCommand } = await parts();
    const { connection, labels } = this.#context;
    const words = typeof command === 'string' ? splitCommand(command) : command;
    const { HostConfig, Labels, ...rest } = createOptions as { HostConfig?: object; Labels?: object };
    const body = {
      ...rest,
      Image: engineImageName(image),
      ...(words === undefined ? {} : { Cmd: words }),
      Labels: { ...Labels, ...(await labels()), [labelNames.run]: this.#runId, [labelNames.role]: 'tasker' },
      HostConfig: { ...HostConfig, ...startOptions },
    };
    const creating = `creating a container of "${image}"`;
    const id = await orNotFound(image, () => postContainer(connection, { what: creating, body }, { signal }));
    try {
      await connection.call(`starting container "${id}"`, { signal }, (docker) => docker.getContainer(id).start());
    } catch (error) {
      if (engineStatus(error) === undefined) throw error;
      throw new DockError(
        'CONTAINER_FAILED',
        `Container "${id}" of "${image}" does not start: ${engineMessage(error)}.`,
        {
          cause: error,
          details: { container: id },
        },
      );
    }
    return id;
  }

  /** Give an image a name. Naming it what it is called already is no call at all. @returns the name */
  async tagImage(
    image: string,
    targetImageName: string,
    { signal, force: _force, ...name }: NameParts & TaskerCallOptions & { readonly force?: boolean } = {},
  ): Promise<string> {
    const { composeReference, engineImageName, nameOf, tagImage } = await parts();
    const target = composeReference(targetImageName, name);
    const source = engineImageName(image);
    const isSame = !isDigest(source) && isSameImage(parseImageReference(source), target);
    if (!isSame) await tagImage(this.#context.connection, image, target, { signal });
    return nameOf(target);
  }

  /** Name an image and push it. @returns the name */
  async tagAndPushImage(
    image: string,
    targetImageName: string,
    options: NameParts & TaskerCallOptions = {},
  ): Promise<string> {
    const name = await this.tagImage(image, targetImageName, options);
    await this.pushImage(formatImageReference(parseImageReference(name)), options);
    return name;
  }

  /** Wait until a container ends. @returns its exit code */
  async wait(containerId: string, { signal }: TaskerCallOptions = {}): Promise<number> {
    const { containerName, waitContainer } = await parts();
    const { connection, options } = this.#context;
    const { exitCode } = await waitContainer(connection, containerName(containerId), { ...options.wait, signal });
    return exitCode;
  }

  /** End every call that is still open. */
  async close(): Promise<void> {
    this.#context.connection.close();
  }

  async #readLogs(
    containerId: string,
    { stderr, follow, signal }: { stderr: boolean; follow: boolean; signal: AbortSignal },
    emit: (text: string) => void,
  ): Promise<void> {
    const { inspectContainer, readOutput, textSink } = await parts();
    const { connection } = this.#context;
    const raw = await inspectContainer(connection, containerId, { signal });
    if (raw === undefined)
      throw new DockError('CONTAINER_FAILED', `There is no container "${containerId}".`, { retryable: false });
    const text = textSink((_stream, piece) => emit(piece));
    const query = `stdout=1${stderr ? '&stderr=1' : ''}${follow ? '&follow=1' : ''}`;
    const request = { method: 'GET', path: `/containers/${raw.Id}/logs?${query}` };
    await connection.exchange(`reading the output of container "${containerId}"`, request, { signal }, ({ stream }) =>
      readOutput(stream, raw.Config?.Tty === true, text.sink),
    );
    text.end();
  }

  /** Run work that prints, as a stream or to its end; its lines become `lastLogs` either way. */
  #text(isStream: boolean, { signal }: TaskerCallOptions, work: TextWork): AsyncIterable<string> | Promise<string> {
    const lines: string[] = [];
    const logged = textStream(async (emit, own) => {
      this.lastLogs = lines;
      let open = '';
      await work((text) => {
        emit(text);
        const parts = (open + text).split('\n');
        open = parts.pop() ?? '';
        lines.push(...parts);
        if (lines.length > 20_000) lines.splice(0, lines.length - 10_000);
      }, own);
      if (open !== '') lines.push(open);
    }, signal);
    if (isStream) return logged;
    return (async () => {
      let all = '';
      for await (const text of logged) all += text;
      return all;
    })();
  }

  async #logged<T>(work: (onEvent: (event: EngineEvent) => void) => Promise<T>): Promise<T> {
    const lines: string[] = [];
    this.lastLogs = lines;
    return work((event) => {
      if (event.type !== 'pull.progress' && event.type !== 'push.progress') return;
      const line = `${event.layer === undefined ? '' : `${event.layer}: `}${event.status}`;
      if (lines.at(-1) !== line && lines.length < 10_000) lines.push(line);
    });
  }
}
