import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EnginePort, RunningContainer } from '@dock/core';
import { type FakeEngine, startFakeEngine } from '@dock/testing';
import { DockerTasker } from '../../src/index.js';
import { credentialsOf, endpointOf, portTo } from '../engine-fixture.js';
import { nonsense } from './nonsense-answers.js';

let engine: FakeEngine;
let port: EnginePort;
let tasker: DockerTasker;
beforeEach(async () => {
  engine = await startFakeEngine({ container: { output: [] } });
  port = await portTo(engine.socketPath);
  tasker = new DockerTasker({ endpoint: endpointOf(engine.socketPath), credentials: credentialsOf() });
});
afterEach(async () => {
  await tasker.close();
  await port.close();
  await engine.stop();
});

const request = { image: 'app:1', runId: 'r', role: 'test' };
const id = 'c'.repeat(12);
const collected = async (texts: AsyncIterable<string> | Promise<string>): Promise<unknown> => {
  if (texts instanceof Promise) return texts;
  const all: string[] = [];
  for await (const text of texts) all.push(text);
  return all;
};
/** Something of a container that runs. */
const running = async (act: (container: RunningContainer) => Promise<unknown>, nonsenseFrom: () => void) => {
  const container = await port.startContainer(request);
  nonsenseFrom();
  return act(container);
};

/** Each call with an answer that it reads; the nonsense begins where `start` is called, or before all. */
const calls: Readonly<
  Record<string, [method: 'GET' | 'POST', path: string, call: (start: () => void) => Promise<unknown>]>
> = {
  'runContainer, by create': ['POST', '/containers/create', () => port.runContainer(request)],
  'runContainer, by inspect': ['GET', '/containers/{id}/json', () => port.runContainer(request)],
  'startContainer, by create': ['POST', '/containers/create', () => port.startContainer(request)],
  'startContainer, by inspect': ['GET', '/containers/{id}/json', () => port.startContainer(request)],
  'state of a container': ['GET', '/containers/{id}/json', (start) => running((each) => each.state(), start)],
  'output of a container, by inspect': [
    'GET',
    '/containers/{id}/json',
    (start) => running((each) => each.output(), start),
  ],
  'exec, by create': ['POST', '/containers/{id}/exec', (start) => running((each) => each.exec(['true']), start)],
  'exec, by inspect': ['GET', '/exec/{id}/json', (start) => running((each) => each.exec(['true']), start)],
  'DockerTasker.run': ['POST', '/containers/create', () => tasker.run('app:1')],
  'DockerTasker.wait': ['GET', '/containers/{id}/json', () => tasker.wait(id)],
  'DockerTasker.logs': ['GET', '/containers/{id}/json', () => tasker.logs(id, { stream: false })],
  'DockerTasker.logs as a stream': ['GET', '/containers/{id}/json', () => collected(tasker.logs(id))],
  'DockerTasker.commitContainer': ['POST', '/commit', () => tasker.commitContainer(id)],
  'DockerTasker.inspectImage': ['GET', '/images/{name}/json', () => tasker.inspectImage('app:1')],
  'DockerTasker.imageExists': ['GET', '/images/{name}/json', () => tasker.imageExists('app:1')],
  'DockerTasker.getImageInfoByImageId': [
    'GET',
    '/images/json',
    () => tasker.getImageInfoByImageId(`sha256:${'a'.repeat(64)}`),
  ],
  'DockerTasker.getImageInfoByImageName': ['GET', '/images/json', () => tasker.getImageInfoByImageName('app')],
  'DockerTasker.pullImage': ['POST', '/images/create', () => tasker.pullImage('app:1')],
  'DockerTasker.pushImage': ['POST', '/images/{name}/push', () => tasker.pushImage('r.example/app:1')],
};

describe.each(Object.entries(calls))('%s', (name, [method, path, call]) => {
  test.each(Object.entries(nonsense))('that is answered with %s is nonsense of the engine', async (_, answer) => {
    const start = (): void => engine.on(method, path, answer);
    if (call.length === 0) start();
    const outcome = await call(start).then(
      (value) => `answered ${JSON.stringify(value)}`,
      ({ code, exitStatus, message }: { code?: string; exitStatus?: number; message: string }) =>
        `${code} ${exitStatus} ${/^[A-Z].*\.$/s.test(message) ? 'a sentence' : message}`,
    );
    // No images, and none that could be told, is a list all the same.
    const isEmptyList = path === '/images/json' && ['[]', 'null'].includes(answer.body);
    const none = name.endsWith('Id') ? 'answered undefined' : 'answered []';
    expect(outcome).toBe(isEmptyList ? none : 'DAEMON_PROTOCOL 3 a sentence');
  });
});

test.each(['Status', 'Running', 'ExitCode'])(
  'a container without State.%s is nonsense, however it ends',
  async (name) => {
    const State: Record<string, unknown> = { Status: 'exited', Running: false, ExitCode: 0 };
    delete State[name];
    engine.on('GET', '/containers/{id}/json', {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ Id: id, State }),
    });
    await expect(tasker.wait(id)).rejects.toMatchObject({
      code: 'DAEMON_PROTOCOL',
      message: expect.stringContaining(`it has no "State.${name}"`),
    });
  },
);

test.each(['../../images/x', '', 'a/b'])('an engine that names a container %j is not followed', async (Id) => {
  engine.on('POST', '/containers/create', {
    status: 201,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ Id }),
  });
  await expect(tasker.run('app:1')).rejects.toMatchObject({ code: 'DAEMON_PROTOCOL' });
  expect(engine.requests.map(({ path }) => path)).toEqual(['/_ping', '/containers/create']);
});
