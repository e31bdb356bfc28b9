import type { BuildJob, RunnerContext } from '@dock/core';
import type { ElsewhereRun } from '@dock/core/elsewhere';
import { fileTar, type TarFileEntry } from '@dock/engine';
import type { ContainerShape } from '../host/build-container-profile.js';
import type { BuildContainerOptions } from '../host/runner-options.js';
import { type JobDocument, places, protocolVersion, type SecretsDocument } from '../protocol.js';
import { credentialHosts, lookUpCredentials } from './travelling-credentials.js';
import { packSecrets } from './travelling-secrets.js';
import { packSource, type TravellingSource } from './travelling-source.js';

/** A job that is ready to go into a container. */
export interface PackedJob {
  readonly source: TravellingSource;
  readonly secrets: SecretsDocument;
  /** Everything that is masked. */
  readonly everySecret: readonly string[];
  /** What goes to {@link places.root}, first of all. */
  rootArchive(place: PackedPlace): Buffer;
}

/** What is known of a job's container only once there is one. */
export interface PackedPlace {
  readonly shape: ContainerShape;
  readonly identityLabels: Readonly<Record<string, string>>;
  readonly isHeld: boolean;
}

/**
 * Collect what a job needs inside: its source, its secrets, and the credentials that it may use. Everything secret is announced for masking.
 *
 * @throws what the source, a build secret or the credential store fails with
 */
export async function packJob(
  job: BuildJob,
  context: RunnerContext,
  options: BuildContainerOptions,
  run: ElsewhereRun,
  runner: string,
  bundle: Promise<readonly TarFileEntry[]>,
): Promise<PackedJob> {
  const { request, origin = { kind: 'standard' } } = job;
  const { cwd, env } = context;
  const { signal } = run;
  run.setPhase('source');
  const [source, build] = await Promise.all([packSource(request, { cwd, env, signal }), packSecrets(request, env)]);
  const hosts = credentialHosts({
    request,
    parentRegistry: origin.parentRegistry,
    fromDockerfile: source.registries,
    named: options.credentials ?? [],
  });
  const { credentials, secrets } = await lookUpCredentials(context.credentials, hosts, { signal });
  const everySecret = [...source.secrets, ...build.mask, ...secrets];
  for (const secret of everySecret) run.addSecret(secret);
  for (const message of source.warnings) run.log('warn', message, runner);
  run.setPhase('config');
  const files = await bundle;
  const { secrets: _secrets, ...rest } = request;
  const inside = {
    ...rest,
    ...source.change,
    ...(build.secrets === undefined ? {} : { secrets: build.secrets }),
  };
  const passed = (options.passEnv ?? []).filter((name) => env[name] !== undefined);
  return {
    source,
    everySecret,
    secrets: {
      v: protocolVersion,
      env: Object.fromEntries(passed.map((name) => [name, env[name] ?? ''])),
      buildSecrets: build.values,
      ...(source.gitUrl === undefined ? {} : { gitUrl: source.gitUrl }),
      credentials,
      mask: [...source.secrets, ...build.mask],
    },
    rootArchive({ shape, identityLabels, isHeld }) {
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
        ...(job.configFile === undefined ? {} : { configFile: job.configFile }),
        ...(source.pathFacts === undefined ? {} : { pathFacts: source.pathFacts }),
      };
      return fileTar([
        ...[places.source, places.dockerfile, places.home, places.temp].map((path) => ({
          path: path.slice(places.root.length + 1),
        })),
        ...files,
        ...(shape.files ?? []),
        { path: 'job.json', content: `${JSON.stringify(document)}\n` },
      ]);
    },
  };
}
