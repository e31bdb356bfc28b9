import { setTimeout as wait } from 'node:timers/promises';
import {
  type BuiltImage,
  type CheckoutContext,
  DockError,
  isLoopbackHost,
  type RunningContainer,
  toDockError,
} from '@dock/core';
import { containerRequest } from './container-request.js';
import { type Address, knock, knockOnce, type Knock } from './knock.js';
import { gateFailure, outputTail } from './gate-failure.js';
import type { Check, ReadTestOptions } from './test-options.js';

type ServiceCheck = Extract<Check, { kind: 'service' }>;

/** Wait between two looks, ms. */
const pollMs = 100;
/** Longest wait for one answer, ms. */
const answerMs = 5000;
/** The same for a container's own address, which not every machine has a way to, ms. */
const directMs = 1000;

/**
 * Start the container as it is and wait until its port or URL answers as it should. The container is removed however that ends.
 *
 * @throws OPTION_UNSUPPORTED for an engine on another machine, GATE_FAILED, GATE_TIMEOUT, OOM_KILLED, CONTAINER_FAILED
 */
export async function checkService(
  image: BuiltImage,
  context: CheckoutContext,
  options: ReadTestOptions,
  check: ServiceCheck,
): Promise<void> {
  const began = performance.now();
  const gate = `Gate "${options.name}"`;
  // A port of another machine cannot be asked here, and whatever listens at the same port of this one would pass the gate.
  if (!isOfThisMachine(context.engine.endpoint.url))
    throw new DockError('OPTION_UNSUPPORTED', `${gate}: "port" and "url" need an engine on this machine.`, {
      hint: 'Use "command", which runs in the container, or build on the machine of the engine.',
    });
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  const isHost = options.network === 'host';
  const own: Address = { host: '127.0.0.1', port: check.port };
  // On the host's network whatever listens there already would pass the gate.
  if (isHost && (await knockOnce(own, signal)))
    throw gateFailure('GATE_FAILED', `${gate}: port ${check.port} of the host is taken by something else.`, '', {
      hint: 'Free the port, or let the service listen on another one.',
    });
  const key = `${check.port}/tcp`;
  const request = { ...containerRequest(image, context.runId, options), ...(isHost ? {} : { publishPorts: [key] }) };
  const container = await context.engine.startContainer(request, { signal }).catch((error: unknown) => {
    if (context.signal.aborted || !deadline.aborted) throw error;
    const message = `${gate}: the container did not start within ${options.timeoutMs} ms.`;
    throw gateFailure('GATE_TIMEOUT', message, '', { cause: error });
  });
  context.onCleanup('remove the container of the gate', (cleanup) => container.remove({ signal: cleanup }));
  try {
    const found = await untilRight(
      container,
      isHost ? [{ ...own, isProxied: false }] : placesOf(container, check),
      check,
      {
        gate,
        signal,
        deadline,
      },
    );
    const output = await outputOf(container);
    const value = { port: check.port, ...(check.path === undefined ? {} : { url: check.path }), ...found.facts };
    const durationMs = Math.round(performance.now() - began);
    context.report({ ...value, durationMs, ...outputTail(output) });
    if (found.failure !== undefined)
      throw gateFailure(found.failure.code, found.failure.message, output, { details: found.facts });
    context.logger.info(`${gate} passed: port ${check.port} answered after ${durationMs} ms`);
  } finally {
    await container.remove().catch((error: unknown) => {
      context.logger.debug(`${gate}: removing the container failed and is tried again: ${toDockError(error).message}`);
    });
  }
}

/** Where a service may be asked. */
interface Place extends Address {
  /** Whether the engine's proxy stands between us and the container. */
  readonly isProxied: boolean;
}

/** The published port; and the container's own address, for a build container has a loopback of its own. */
function placesOf({ ports, address }: RunningContainer, { port }: ServiceCheck): Place[] {
  const published = ports[`${port}/tcp`];
  if (published === undefined) return [];
  return [{ ...published, isProxied: true }, ...(address === '' ? [] : [{ host: address, port, isProxied: false }])];
}

function isOfThisMachine(endpoint: string): boolean {
  return /^(?:unix|npipe):/.test(endpoint) || isLoopbackHost(/^tcp:\/\/([^/]+)/.exec(endpoint)?.[1] ?? '');
}

interface Verdict {
  readonly facts: Readonly<Record<string, number | string>>;
  readonly failure?: { readonly code: 'GATE_FAILED' | 'GATE_TIMEOUT' | 'OOM_KILLED'; readonly message: string };
}

interface WaitScope {
  readonly gate: string;
  readonly signal: AbortSignal;
  readonly deadline: AbortSignal;
}

async function untilRight(
  container: RunningContainer,
  places: readonly Place[],
  check: ServiceCheck,
  { gate, signal, deadline }: WaitScope,
): Promise<Verdict> {
  let last: Knock = { isRight: false, problem: 'nothing answered' };
  while (!signal.aborted) {
    for (const { isProxied, ...address } of places) {
      const timeoutMs = isProxied || places.length === 1 ? answerMs : directMs;
      const seen = await knock(address, check, { signal, isProxied, timeoutMs });
      // A look that the deadline cut short, or at a place that does not answer, says less than the one before it.
      if (seen.isRight || last.status === undefined || (seen.status !== undefined && !signal.aborted)) last = seen;
      if (last.isRight) break;
    }
    if (last.isRight) return { facts: last.status === undefined ? {} : { status: last.status } };
    const ended = await howItEnded(container);
    if (ended !== undefined) return { facts: { exitCode: ended.exitCode }, failure: endedFailure(gate, check, ended) };
    if (places.length === 0)
      return {
        facts: {},
        failure: {
          code: 'GATE_FAILED',
          message: `${gate}: the engine published no port ${check.port}; use network "host", or one that can publish.`,
        },
      };
    await wait(pollMs, undefined, { signal }).catch(() => undefined);
  }
  // A cancelled run ends in its own words.
  if (!deadline.aborted) signal.throwIfAborted();
  // A service that answers, but wrongly, has said no; one that says nothing has run out of time.
  const code = last.status === undefined ? 'GATE_TIMEOUT' : 'GATE_FAILED';
  const where = check.path === undefined ? `port ${check.port}` : `"${check.path}" of port ${check.port}`;
  return {
    facts: last.status === undefined ? {} : { status: last.status },
    failure: {
      code,
      message: `${gate}: ${where} did not answer as it should before the time limit; last: ${last.problem ?? 'nothing'}.`,
    },
  };
}

interface Ended {
  readonly exitCode: number;
  readonly isOomKilled: boolean;
}

async function howItEnded(container: RunningContainer): Promise<Ended | undefined> {
  const { isRunning, exitCode = -1, isOomKilled = false } = await container.state();
  return isRunning ? undefined : { exitCode, isOomKilled };
}

function endedFailure(
  gate: string,
  check: ServiceCheck,
  { exitCode, isOomKilled }: Ended,
): NonNullable<Verdict['failure']> {
  return isOomKilled
    ? { code: 'OOM_KILLED', message: `${gate}: the container was killed (${exitCode}), out of memory.` }
    : {
        code: 'GATE_FAILED',
        message: `${gate}: the container ended with status ${exitCode} before port ${check.port} answered.`,
      };
}

async function outputOf(container: RunningContainer): Promise<string> {
  try {
    return await container.output();
  } catch {
    // The verdict stands without its output.
    return '';
  }
}
