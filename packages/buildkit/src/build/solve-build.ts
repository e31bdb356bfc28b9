import { randomBytes } from 'node:crypto';
import {
  type BuildOptions,
  type BuildSpec,
  DockError,
  type EngineEvent,
  readBuildSecret,
  type StreamOptions,
  thrownMessage,
} from '@dock/core';
import { type BuildEvidence, buildIdleError, EventGate, warningEvent } from '@dock/core/internal';
import type { ControlClient } from '../control/control-client.js';
import { withControl } from '../control/open-control.js';
import { BrokenCall, CallFailure, ConnectionLost } from '../rpc/call-failure.js';
import { createFileSync, type FileSync } from '../session/filesync/file-sync.js';
import { grpcStatus } from '../session/service.js';
import { readSshAgents } from '../session/ssh/ssh-service.js';
import { prepareCaches } from '../cache/prepare-caches.js';
import { offerContexts } from '../contexts/offer-contexts.js';
import { checkPins } from '../pins/check-pins.js';
import { createBuildSession } from './build-session.js';
import { FirstFault } from './first-fault.js';
import { LastWords } from './last-words.js';
import { isNameRace } from './name-race.js';
import { answerOf, failureOf, isOfBuild } from './solve-answer.js';
import { withPlatforms } from './stored-manifests.js';
import type { SolveEnvironment } from './solve-environment.js';
import { refuseEmulation } from './refuse-emulation.js';
import { solveRequest } from './solve-request.js';
import { openOutputs } from './build-outputs.js';
import { type BuildAnswer, StatusReader } from './status-reader.js';
import { hostGatewayOf } from './host-gateway.js';
import { untrustedFrontend } from './untrusted-frontend.js';
import { withoutAnswer } from './without-answer.js';

/** How often a build is asked for again whose image another build named at the same moment. */
const raceTries = 5;

/**
 * Build with BuildKit's control API: context, credentials and secrets all by a session of our own, steps by its status.
 *
 * @throws the first fault of our own side; DAEMON_ERROR when a call broke. What the builder says of the build is never thrown: it is the evidence's failure
 */
export async function solveBuild(
  spec: BuildSpec,
  environment: SolveEnvironment,
  options: BuildOptions,
): Promise<BuildEvidence> {
  // Before anything is sent: of a step that is cached, or that another build runs just now, the builder asks for no secret.
  for (const secret of spec.secrets ?? []) if ('file' in secret) await readBuildSecret(secret, {});
  const gate = new EventGate(options.onEvent);
  const faults = new FirstFault();
  const contexts = await offerContexts(spec.contexts);
  const { env, source } = environment;
  const caches = await prepareCaches(spec, { env, addSecret: source.addSecret, onEvent: gate.send });
  const files = fileSyncOf(spec, contexts.directories, gate.send, faults);
  warnOfFrontend(spec, gate.send);
  const agents = await readSshAgents(spec.ssh ?? [], { env, addSecret: source.addSecret });
  const content = new Map([...contexts.layouts, ...caches.stores]);
  const outputs = openOutputs(spec, environment.outputs, { ...options, onEvent: gate.send });
  const parts = { files, content, agents, environment: { ...environment, outputs: outputs.exporters }, faults };
  const reader = new StatusReader(gate.send);
  try {
    const evidence = await withControl(environment.door, { signal: options.signal }, (open) =>
      withRefusals(async () => {
        const { control } = open;
        await refuseEmulation(spec, control, { signal: options.signal });
        const hostGateway = await hostGatewayOf(spec, control, environment, options.signal);
        const facts = {
          dockerfileName: files.dockerfileName,
          hostGateway,
          contexts: contexts.told,
          outputs: outputs.exporters,
          imports: caches.imports,
        };
        for (let tries = 1; ; tries += 1) {
          // Each has a session of its own: what one still sends cannot be taken for the next one's.
          const session = createBuildSession(spec, parts);
          let message = '';
          const ask = async (): Promise<BuildEvidence | undefined> => {
            const ref = randomBytes(16).toString('hex');
            const request = solveRequest(spec, { ...facts, session: session.id, exports: caches.exports, ref });
            const answer = await follow(control, ref, request, { reader, gate, options });
            message = answer.failure?.message ?? '';
            if (tries < raceTries && (caches.goOnWithout(message) || isNameRace(message))) return undefined;
            return reader.finish(await withPlatforms(answer, control, { signal: options.signal }));
          };
          const final = await session.within(open, options.signal, () => withRefusals(ask));
          if (final !== undefined) return final;
          await session.ended();
          outputs.again(message);
          reader.again();
          if (!isNameRace(message)) continue;
          gate.send({
            type: 'log',
            level: 'debug',
            message: 'Another build has just made the same image; asking again.',
          });
        }
      }),
    );
    if (evidence.failure !== undefined) faults.rethrow(evidence.failure.message);
    else {
      checkPins(spec, reader.names);
      if (evidence.response !== undefined) outputs.finish(evidence.response);
      await caches.keep(evidence.response ?? {});
    }
    return evidence;
  } catch (error) {
    // Again is harmless: steps that are ended stay ended.
    reader.finish({ imageId: undefined, failure: { message: thrownMessage(error) } }, options.signal?.aborted === true);
    // A connection that breaks because of our own fault is not the cause.
    if (options.signal?.aborted !== true) faults.rethrow(thrownMessage(error));
    throw error;
  } finally {
    outputs.drop();
  }
}

/** Told inside of whatever leads to the builder: a door knows no calls. */
async function withRefusals<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof CallFailure ? refusal(error) : error;
  }
}

/** A question that the builder did not answer. */
function refusal(cause: CallFailure): DockError {
  const told = cause instanceof BrokenCall ? 'The builder gave no answer' : 'The builder answered';
  return new DockError('DAEMON_ERROR', `${told}: ${cause.message}.`, { cause, retryable: !cause.isUnknownMethod });
}

function fileSyncOf(
  spec: BuildSpec,
  more: ReadonlyMap<string, string>,
  onEvent: (event: EngineEvent) => void,
  faults: FirstFault,
): FileSync {
  const warned = new Set<string>();
  return createFileSync({
    contextDir: spec.contextDir,
    dockerfilePath: spec.dockerfile.path,
    dockerfileText: spec.dockerfile.text,
    more,
    ...(spec.maxContextBytes === undefined ? {} : { limits: { maxBytes: spec.maxContextBytes } }),
    onFault: faults.keep,
    onSynced: ({ warnings }) => {
      for (const warning of warnings) {
        if (!warned.has(warning)) onEvent(warningEvent(warning));
        warned.add(warning);
      }
    },
  });
}

function warnOfFrontend(spec: BuildSpec, onEvent: (event: EngineEvent) => void): void {
  const untrusted = untrustedFrontend(spec);
  if (untrusted === undefined) return;
  onEvent(
    warningEvent(
      `the frontend "${untrusted}" is not Docker's own, so the builder gets no registry credentials`,
      'Set trustFrontend (--trust-frontend) when you trust it with your credentials.',
    ),
  );
}

interface Following {
  readonly reader: StatusReader;
  readonly gate: EventGate;
  readonly options: StreamOptions;
}

/** Ask for a build, and read its status until both are over. */
async function follow(
  control: ControlClient,
  ref: string,
  request: Parameters<ControlClient['solve']>[0],
  { reader, gate, options }: Following,
): Promise<BuildAnswer> {
  const own = new AbortController();
  const signal = options.signal === undefined ? own.signal : AbortSignal.any([own.signal, options.signal]);
  const idleMs = options.idleTimeoutMs ?? 0;
  // The silence may be ours: nobody reads while whoever takes the events is behind.
  const onSilence = (): void => (gate.isWaiting ? void idle?.refresh() : own.abort(buildIdleError(idleMs)));
  const idle = idleMs > 0 ? setTimeout(onSilence, idleMs) : undefined;
  const lastWords = new LastWords(gate);
  let isWhole = false;
  const readStatus = async (): Promise<void> => {
    for await (const message of control.status(ref, { signal })) {
      idle?.refresh();
      lastWords.heard();
      reader.take(message);
      if (gate.isBehind) await gate.ready(signal);
    }
    isWhole = true;
  };
  const status = readStatus().catch((error: unknown) => {
    // Nobody hears any more whether the build is silent.
    clearTimeout(idle);
    // What breaks the connection ends the build itself, and is told by it.
    if (!signal.aborted && !(error instanceof ConnectionLost))
      gate.send(
        warningEvent(
          `the builder's progress cannot be read: ${thrownMessage(error)}`,
          idle === undefined ? undefined : 'dock does not stop this build for its silence any more.',
        ),
      );
  });
  // It is waited for below: until then a failure is nobody's.
  status.catch(() => undefined);
  try {
    const solved = control.solve(request, { signal }).then(answerOf, async (error: unknown) => {
      if (error instanceof CallFailure && isOfBuild(error)) return failureOf(error);
      // A failure that is too large for its trailers may come as a reset; then its step has told it.
      const isReset = error instanceof BrokenCall && error.status === grpcStatus.internal;
      if (isReset && (await lastWords.wait(status, signal)) && isWhole && reader.hasFailed)
        return { imageId: undefined, failure: undefined };
      throw error;
    });
    solved.catch(() => undefined);
    const answer = await Promise.race([solved, withoutAnswer(status, () => isWhole, reader, signal)]);
    if (!(await lastWords.wait(status, signal)) && reader.hasBegun)
      gate.send(
        warningEvent(
          `the builder's progress was cut off: it was silent for ${lastWords.silenceMs / 1000} seconds after the build was over, and did not end`,
          'The last output of the build may be missing.',
        ),
      );
    return answer;
  } finally {
    clearTimeout(idle);
    own.abort(new DockError('CANCELLED', 'The build is over.'));
    await status;
  }
}
