import { relative } from 'node:path';
import type { Readable } from 'node:stream';
import type { BuildJob, PhaseName, RunnerContext } from '@dock/core';
import type { ElsewhereRun } from '@dock/core/elsewhere';
import { fileTar, type TarFileEntry } from '@dock/engine';
import type { ContainerShape } from '../host/build-container-profile.js';
import { orCancelled } from '@dock/core/internal';
import type { BuildContainerOptions } from '../host/runner-options.js';
import { type JobDocument, places, protocolVersion, type SecretsDocument } from '../protocol.js';
import { credentialHosts, lookUpCredentials } from './travelling-credentials.js';
import { packCacheVariables, packSecrets } from './travelling-secrets.js';
import { packSource, type TravellingSource } from './travelling-source.js';

/** A job that is ready to go into a container. */
export interface PackedJob {
  readonly source: TravellingSource;
  readonly secrets: SecretsDocument;
  /** Everything that is masked. */
  readonly everySecret: readonly string[];
  /** An archive of all that travels by it, for {@link places.root}. */
  archive(place: PackedPlace): Readable | Buffer;
}

/** What is known of a job's container only once there is one. */
export interface PackedPlace {
  readonly shape: ContainerShape;
  readonly identityLabels: Readonly<Record<string, string>>;
  readonly isHeld: boolean;
}

/** What {@link packJob} takes. */
export interface PackRequest {
  readonly job: BuildJob;
  readonly context: RunnerContext;
  readonly options: BuildContainerOptions;
  readonly run: ElsewhereRun;
  /** Name of the runner. */
  readonly runner: string;
  readonly bundle: Promise<readonly TarFileEntry[]>;
  readonly signal: AbortSignal;
  /** The phase that a failure belongs to from now on. */
  readonly setPhase: (phase: PhaseName) => void;
}

/**
 * Collect what a job needs inside: its source, its secrets, and the credentials that it may use. Everything secret is announced for masking.
 *
 * @throws what the source, a build secret or the credential store fails with
 */
export async function packJob(request: PackRequest): Promise<PackedJob> {
  const { context, options, run, runner, signal } = request;
  const { request: asked, origin = { kind: 'standard' }, configFile } = request.job;
  const { cwd, env } = context;
  const [source, build] = await Promise.all([packSource(asked, { cwd, env, signal }), packSecrets(asked, env)]);
  const caches = packCacheVariables(asked, env);
  const hosts = credentialHosts({
    request: asked,
    parentRegistry: origin.parentRegistry,
    fromDockerfile: source.registries,
    named: options.credentials ?? [],
  });
  const { credentials, withheld, secrets } = await lookUpCredentials(context.credentials, hosts, { signal });
  const everySecret = [...source.secrets, ...build.mask, ...caches.mask, ...secrets];
  for (const secret of everySecret) run.addSecret(secret);
  for (const message of source.warnings) run.log('warn', message, runner);
  request.setPhase('config');
  const files = await orCancelled(request.bundle, signal);
  const { secrets: _secrets, ssh: _ssh, ...rest } = asked;
  const inside = {
    ...rest,
    ...source.change,
    ...(build.secrets === undefined ? {} : { secrets: build.secrets }),
    ...(build.ssh === undefined ? {} : { ssh: build.ssh }),
  };
  const passed = (options.passEnv ?? []).filter((name) => env[name] !== undefined);
  return {
    source,
    everySecret,
    secrets: {
      v: protocolVersion,
      env: Object.fromEntries(passed.map((name) => [name, env[name] ?? ''])),
      buildSecrets: { ...caches.values, ...build.values },
      ...(source.sourceUrl === undefined ? {} : { sourceUrl: source.sourceUrl }),
      credentials,
      withheld,
      mask: [...source.secrets, ...build.mask, ...caches.mask],
    },
    archive({ shape, identityLabels, isHeld }) {
      const document: JobDocument = {
        v: protocolVersion,
        runId: context.runId,
        runner,
        request: inside,
        origin,
        engine: shape.engine,
        isHeld,
        identityLabels,
        hostVariables: Object.keys(env).filter((name) => env[name] !== undefined),
        ...(configFile === undefined ? {} : { configFile }),
        ...(source.pathFacts === undefined ? {} : { pathFacts: source.pathFacts }),
      };
      const members: readonly TarFileEntry[] = [
        ...[places.source, places.dockerfile, places.home, places.temp].map((path) => ({
          path: relative(places.root, path),
        })),
        ...files,
        ...(shape.files ?? []),
        ...source.files,
        { path: 'job.json', content: `${JSON.stringify(document)}\n` },
      ];
      return source.tar?.stream(members, `${relative(places.root, places.source)}/`) ?? fileTar(members);
    },
  };
}
