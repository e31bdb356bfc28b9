import { engineRequest, type RigEngine } from '@dock/testing';

/** A file in a build container that lets a held tap go. */
export const goFile = '/run/dock/go';
/** Where the engine inside writes its process number. */
const innerPidFile = '/run/dock/engine/dockerd.pid';

/** Lets a held tap go. */
export const letGo = `touch ${goFile}`;

/** Sends a signal to the engine inside. */
export const signalInnerEngine = (signal: string) => `kill -${signal} "$(cat ${innerPidFile})"`;

async function ask(engine: RigEngine, method: string, path: string, body?: unknown): Promise<unknown> {
  const { status, text } = await engineRequest(engine.socketPath, method, path, body);
  if (status >= 400) throw new Error(`${method} ${path} was answered ${status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** The build container that runs. @throws Error when there is none, or more than one */
async function buildContainer(engine: RigEngine): Promise<string> {
  const filters = JSON.stringify({ label: ['io.dock.role=build-container'], status: ['running'] });
  const path = `/containers/json?filters=${encodeURIComponent(filters)}`;
  const [only, other] = (await ask(engine, 'GET', path)) as { readonly Id: string }[];
  if (only === undefined || other !== undefined) throw new Error('There is not one running build container.');
  return only.Id;
}

/** End it with SIGKILL, all processes at once. */
export async function killBuildContainer(engine: RigEngine): Promise<void> {
  await ask(engine, 'POST', `/containers/${await buildContainer(engine)}/kill`);
}

/** Run a shell script in it, to its end. @throws Error when it fails */
export async function inBuildContainer(engine: RigEngine, script: string): Promise<void> {
  const container = await buildContainer(engine);
  const { Id: id } = (await ask(engine, 'POST', `/containers/${container}/exec`, {
    Cmd: ['sh', '-c', script],
  })) as { readonly Id: string };
  await ask(engine, 'POST', `/exec/${id}/start`, { Detach: true });
  for (;;) {
    const state = (await ask(engine, 'GET', `/exec/${id}/json`)) as {
      readonly Running: boolean;
      readonly ExitCode: number | null;
    };
    if (!state.Running && state.ExitCode === 0) return;
    if (!state.Running && state.ExitCode !== null)
      throw new Error(`"${script}" in the build container ended with status ${state.ExitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
