import { createHash } from 'node:crypto';
import { type BuildSpec, type DockError, isDockError, type StreamOptions, thrownMessage } from '@dock/core';
import { authService, createFileSync, createSession, secretsService, sshService } from '@dock/buildkit';
import { EventGate } from '../stream/event-gate.js';
import { readProgress } from '../stream/progress-stream.js';
import type { BuildEvidence } from './build-evidence.js';
import { warningEvent } from './build-failure.js';
import { buildIdleError } from './build-idle.js';
import { buildQuery } from './build-query.js';
import { untrustedFrontend } from './untrusted-frontend.js';
import { BuildkitOutput } from './buildkit-output.js';
import type { BuildEnvironment } from './classic-build.js';

/** Build with BuildKit: context, credentials and secrets all by a session of our own. */
export async function buildkitBuild(
  spec: BuildSpec,
  { connection, source, machine, env }: BuildEnvironment,
  options: StreamOptions,
): Promise<BuildEvidence> {
  const { signal } = options;
  const gate = new EventGate(options.onEvent);
  const onEvent = gate.send;
  // The builder repeats our own fault in its words; the first one here is the cause.
  let fault: DockError | undefined;
  const keepFault = (error: unknown): void => {
    fault ??= isDockError(error) ? error : undefined;
  };
  const warned = new Set<string>();
  const files = createFileSync({
    contextDir: spec.contextDir,
    dockerfilePath: spec.dockerfile.path,
    dockerfileText: spec.dockerfile.text,
    onFault: keepFault,
    onSynced: ({ warnings }) => {
      for (const warning of warnings) {
        if (!warned.has(warning)) onEvent(warningEvent(warning));
        warned.add(warning);
      }
    },
  });
  const untrusted = untrustedFrontend(spec);
  if (untrusted !== undefined)
    onEvent(
      warningEvent(
        `the frontend "${untrusted}" is not Docker's own, so the builder gets no registry credentials`,
        'Set trustFrontend (--trust-frontend) when you trust it with your credentials.',
      ),
    );
  const session = createSession({
    sharedKey: createHash('sha256').update(`${machine}:${spec.contextDir}`).digest('hex'),
    services: [
      files.service,
      ...(untrusted === undefined ? [authService(source, keepFault)] : []),
      ...(spec.secrets === undefined
        ? []
        : [secretsService(spec.secrets, { env, addSecret: source.addSecret, onFault: keepFault })]),
      ...(spec.ssh === undefined ? [] : [sshService(spec.ssh)]),
    ],
  });
  const output = new BuildkitOutput(onEvent);
  try {
    const failure = await session.within(connection, signal, () =>
      connection.stream('building an image', options, async (docker) => {
        const query: object = {
          ...buildQuery(spec),
          dockerfile: files.dockerfileName,
          remote: 'client-session',
          session: session.id,
          buildid: session.id,
          // dockerode would open a session of its own for the string "2".
          version: 2,
        };
        const stream = await docker.buildImage(undefined, query);
        return readProgress(stream, {
          onMessage: (message) => output.message(message),
          onText: (text) => output.raw(text),
          onCut: (_text, bytes) =>
            onEvent(
              warningEvent(
                `a message of the engine has ${bytes} bytes and is left out: output of steps may be missing`,
              ),
            ),
          idleTimeoutMs: options.idleTimeoutMs ?? 0,
          idleError: buildIdleError,
          gate,
        });
      }),
    );
    const evidence = output.finish(failure);
    if (evidence.failure !== undefined && fault !== undefined) throw fault;
    return evidence;
  } catch (error) {
    // Again is harmless: steps that are ended stay ended.
    output.finish({ message: thrownMessage(error) }, signal?.aborted === true);
    throw error;
  }
}
