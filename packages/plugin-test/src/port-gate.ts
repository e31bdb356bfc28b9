import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BuiltImage, type CheckoutContext, DockError, type RunningContainer } from '@dock/core';
import { containerRequest, lastLines, timeoutError } from './gate.js';
import type { Settings } from './options.js';

/** Time between two looks at the port, ms. */
const pollMs = 100;

/**
 * Start the container and wait until its port or path answers as expected.
 *
 * @throws GATE_FAILED when the container ends or answers wrongly, GATE_TIMEOUT, OOM_KILLED
 */
export async function portGate(image: BuiltImage, context: CheckoutContext, settings: Settings): Promise<void> {
  const began = performance.now();
  const port = `${settings.port}/tcp`;
  const isHost = settings.network === 'host';
  const request = { ...containerRequest(image, context, settings), ...(isHost ? {} : { publishPorts: [port] }) };
  const container = await context.engine.startContainer(request, { signal: context.signal });
  context.onCleanup('remove the container of the gate', (signal) => container.remove({ signal }));
  try {
    const published = container.ports[port];
    const address = isHost ? { host: '127.0.0.1', port: settings.port ?? 0 } : published;
    if (address === undefined)
      throw new DockError('GATE_FAILED', `Gate "${settings.name}": the engine published no port ${port}.`, {
        hint: 'Use a network that can publish ports, or network: "host".',
      });
    const last = await waitUntilRight(address, container, context, settings, began);
    context.report({
      port,
      durationMs: Math.round(performance.now() - began),
      ...last,
      output: await container.output({ signal: context.signal }),
    });
  } finally {
    await container.remove();
  }
}

interface Answer {
  readonly status?: number;
}

async function waitUntilRight(
  address: { host: string; port: number },
  container: RunningContainer,
  context: CheckoutContext,
  settings: Settings,
  began: number,
): Promise<Answer> {
  let problem = 'nothing answered';
  for (;;) {
    context.signal.throwIfAborted();
    const left = settings.timeoutMs - (performance.now() - began);
    if (left <= 0)
      throw timeoutError(
        settings,
        `waiting for port ${settings.port} (last: ${problem})`,
        undefined,
        await container.output(),
      );
    const tried = await look(address, settings, Math.min(left, 5_000), context.signal);
    if ('answer' in tried) return tried.answer;
    problem = tried.problem;
    await failIfEnded(container, settings);
    await sleep(pollMs, undefined, { signal: context.signal });
  }
}

async function failIfEnded(container: RunningContainer, settings: Settings): Promise<void> {
  const { isRunning, exitCode, isOomKilled } = await container.state();
  if (isRunning) return;
  const code = isOomKilled === true ? 'OOM_KILLED' : 'GATE_FAILED';
  throw new DockError(
    code,
    `Gate "${settings.name}": the container ended with status ${exitCode ?? 'unknown'} before port ${settings.port} answered.`,
    { details: { exitCode, logTail: lastLines(await container.output()) } },
  );
}

type Look = { readonly answer: Answer } | { readonly problem: string };

async function look(
  address: { host: string; port: number },
  settings: Settings,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Look> {
  return settings.path === undefined
    ? tryPort(address, timeoutMs)
    : tryPath(`http://${address.host}:${address.port}${settings.path}`, settings, timeoutMs, signal);
}

async function tryPort({ host, port }: { host: string; port: number }, timeoutMs: number): Promise<Look> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (result: Look) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end({ answer: {} }));
    socket.once('timeout', () => end({ problem: 'no connection in time' }));
    socket.once('error', (error) => end({ problem: error.message }));
  });
}

async function tryPath(url: string, settings: Settings, timeoutMs: number, signal: AbortSignal): Promise<Look> {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    const body = await response.text();
    if (response.status !== settings.expectStatus)
      return { problem: `status ${response.status} instead of ${settings.expectStatus}` };
    if (settings.expectBody !== undefined && !body.includes(settings.expectBody))
      return { problem: `the body does not hold "${settings.expectBody}"` };
    return { answer: { status: response.status } };
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { problem: cause instanceof Error ? cause.message : String(cause) };
  }
}
