import type { BuildSpec, StreamOptions } from '@dock/core';
import { createContextTar } from '../context/context-tar.js';
import { authService } from '../session/auth-service.js';
import { secretsService } from '../session/secrets-service.js';
import { createSession } from '../session/session.js';
import { readProgress } from '../stream/progress-stream.js';
import type { BuildEvidence } from './build-evidence.js';
import { warningEvent } from './build-failure.js';
import { buildIdleError } from './build-idle.js';
import { buildQuery } from './build-query.js';
import { BuildkitOutput } from './buildkit-output.js';
import type { BuildEnvironment } from './classic-build.js';

/** Build with BuildKit: the context as a tar, credentials and secrets by a session of our own. */
export async function buildkitBuild(
  spec: BuildSpec,
  { connection, source }: BuildEnvironment,
  options: StreamOptions,
): Promise<BuildEvidence> {
  const { signal, onEvent } = options;
  const context = await createContextTar({
    contextDir: spec.contextDir,
    dockerfilePath: spec.dockerfile.path,
    dockerfileText: spec.dockerfile.text,
    ...(signal === undefined ? {} : { signal }),
  });
  for (const warning of context.warnings) onEvent?.(warningEvent(warning));
  const services = [authService(source), ...(spec.secrets === undefined ? [] : [secretsService(spec.secrets, source.addSecret)])];
  const session = createSession({ services });
  const output = new BuildkitOutput(onEvent);
  try {
    const failure = await session.within(connection, signal, () =>
      connection.stream('building an image', options, async (docker) => {
        const query = { ...buildQuery(spec), dockerfile: context.dockerfileName, session: session.id, buildid: session.id };
        // dockerode opens a session of its own when it sees version "2" as a string.
        const stream = await docker.buildImage(context.stream, { ...query, version: 2 } as never);
        return readProgress(stream as never, {
          onMessage: (message) => output.message(message),
          onText: (text) => output.raw(text),
          onCut: (text, bytes) => output.raw(`${text.slice(0, 2000)} [line cut: it has ${bytes} bytes]`),
          idleTimeoutMs: options.idleTimeoutMs ?? 0,
          idleError: buildIdleError,
        });
      }),
    );
    return output.finish(failure);
  } catch (error) {
    output.finish({ message: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    context.stream.destroy();
  }
}
