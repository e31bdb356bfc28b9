import { expect } from '@jest/globals';
import { engineRequest, type SharedRigEngine } from '@dock/testing';

/** Ask an engine, and have an answer. */
export async function askEngine(engine: SharedRigEngine, method: string, path: string, body?: unknown) {
  const answer = await engineRequest(engine.socketPath, method, path, body);
  expect([path, answer.status < 300, answer.status < 300 ? '' : answer.text]).toEqual([path, true, '']);
  return answer;
}

/** The output of a command in a running container. */
async function outputOf(engine: SharedRigEngine, container: string, script: string): Promise<string> {
  // With a terminal the output is one stream of bytes, not cut into frames.
  const command = { AttachStdout: true, AttachStderr: true, Tty: true, Cmd: ['sh', '-c', script] };
  const { Id: id } = (await askEngine(engine, 'POST', `/containers/${container}/exec`, command)).json() as {
    readonly Id: string;
  };
  return (await askEngine(engine, 'POST', `/exec/${id}/start`, { Detach: false, Tty: true })).text;
}

/** What the engine says that happened to a container. It keeps the last few events only, so something that does not matter happens just before. */
export async function eventsOf(engine: SharedRigEngine, container: string): Promise<string> {
  await askEngine(engine, 'GET', `/containers/${container}/archive?path=/etc/hostname`);
  const filters = encodeURIComponent(JSON.stringify({ container: [container] }));
  const until = ((Date.now() + 5) / 1000).toFixed(3);
  return (await askEngine(engine, 'GET', `/events?since=0&until=${until}&filters=${filters}`)).text;
}

/** What can be seen of a build container while it runs. */
export async function lookAtContainer(engine: SharedRigEngine, container: string) {
  const archive = async (path: string) =>
    (await askEngine(engine, 'GET', `/containers/${container}/archive?path=${path}`)).text;
  return {
    container: (await askEngine(engine, 'GET', `/containers/${container}/json`)).text,
    arguments: await outputOf(engine, container, 'cat /proc/[0-9]*/cmdline'),
    environments: await outputOf(engine, container, 'cat /proc/[0-9]*/environ'),
    job: await archive('/run/dock/job.json'),
    bundle: await archive('/run/dock/bundle'),
    files: await archive('/run/dock/tmp'),
    home: await archive('/run/dock/home'),
    events: await eventsOf(engine, container),
  };
}
