import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, expect, test } from '@jest/globals';
import { createProject, outcomeOf } from './run-dock.js';

const project = createProject({
  'never.mjs': "console.log('reading'); export default new Promise(() => undefined);",
});
afterAll(() => project.remove());

/** An engine that takes connections and says nothing; `called` settles with the first. */
async function silentEngine(): Promise<{ host: string; called: Promise<unknown>; close: () => void }> {
  const server = createServer((socket) => socket.on('error', () => undefined));
  const called = once(server, 'connection');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    called,
    close: () => server.close(),
  };
}

const signals: [NodeJS.Signals, number][] = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
];

test.each(signals)(
  'dock config --json that waits for its config prints one document after %s',
  async (name, status) => {
    const child = project.start(['config', '--json', '--config', 'never.mjs']);
    const outcome = outcomeOf(child);
    if (child.stderr !== null) await once(child.stderr, 'data');
    child.kill(name);
    const run = await outcome;
    expect(run.status).toBe(status);
    expect(JSON.parse(run.stdout)).toMatchObject({
      v: 1,
      status: 'failed',
      exitStatus: status,
      error: { code: 'CANCELLED', exitStatus: status },
    });
    expect(run.stderr).toContain(`The command was cancelled by ${name}.`);
  },
);

test.each(['version', 'gc'].flatMap((command) => signals.map(([name, status]) => [command, name, status] as const)))(
  'dock %s --json that waits for an engine prints one document after %s',
  async (command, name, status) => {
    const { host, called, close } = await silentEngine();
    const child = project.start([command, '--json', '-H', host]);
    const outcome = outcomeOf(child);
    await called;
    child.kill(name);
    const run = await outcome;
    close();
    expect(run.status).toBe(status);
    expect(JSON.parse(run.stdout)).toMatchObject({ v: 1, exitStatus: status, error: { code: 'CANCELLED' } });
  },
);
