import { randomBytes } from 'node:crypto';
import { errorResponse, jsonResponse, type BodyPart, type FakeResponse } from './fake-response.js';
import type { FakeEngine } from './fake-engine-types.js';
import { frames } from './frames.js';
import { makeLatch } from '../fault-proxy/latch.js';

/** What the fake's containers do once they are started. */
export interface FakeContainerOptions {
  /** Their output, as frames for a container without a TTY. @default one line on stdout */
  readonly output?: readonly BodyPart[];
  /** @default 0 */
  readonly exitCode?: number;
  /** @default false */
  readonly isOomKilled?: boolean;
  /** How long they run after their output, ms; `Infinity` until they are killed. @default 0 */
  readonly runMs?: number;
}

class FakeContainer {
  readonly id = randomBytes(32).toString('hex');
  readonly name: string;
  readonly config: Record<string, unknown>;
  status: 'created' | 'running' | 'exited' | 'removed' = 'created';
  exitCode = 0;
  readonly started = makeLatch();
  readonly exited = makeLatch();
  readonly removed = makeLatch();

  constructor(name: string | null, config: Record<string, unknown>) {
    this.name = name ?? `fake_${this.id.slice(0, 8)}`;
    this.config = config;
  }

  start(options: FakeContainerOptions): void {
    this.status = 'running';
    this.started.open();
    const runMs = options.runMs ?? 0;
    if (Number.isFinite(runMs)) setTimeout(() => this.exit(options.exitCode ?? 0), runMs).unref();
  }

  exit(exitCode: number): void {
    if (this.status !== 'running') return;
    this.status = 'exited';
    this.exitCode = exitCode;
    this.exited.open();
  }

  remove(): void {
    this.exit(137);
    this.status = 'removed';
    this.exited.open();
    this.removed.open();
  }
}

/** What the fake does with containers: create, attach, start, wait, logs, inspect, kill, remove and exec, in the order that a real one allows. */
export function addContainerRoutes(on: FakeEngine['on'], options: FakeContainerOptions): void {
  const containers = new Map<string, FakeContainer>();
  const output = options.output ?? [frames.stdout('hello from the fake engine\n')];
  const find = (nameOrId: string): FakeContainer | undefined =>
    [...containers.values()].find((each) => each.name === nameOrId || each.id.startsWith(nameOrId));
  const route = (
    method: string,
    path: string,
    answer: (container: FakeContainer, query: URLSearchParams) => FakeResponse | Promise<FakeResponse>,
  ) => {
    on(method, path, ({ captures: [id = ''], query }) => {
      const container = find(id);
      return container === undefined ? errorResponse(404, `No such container: ${id}`) : answer(container, query);
    });
  };
  const done: FakeResponse = { status: 204, framing: 'length' };

  on('GET', '/containers/json', ({ query }) =>
    jsonResponse(
      [...containers.values()]
        .filter((each) => each.status === 'running' || query.get('all') !== null)
        .map((each) => ({
          Id: each.id,
          Names: [`/${each.name}`],
          State: each.status,
          Labels: each.config['Labels'] ?? {},
        })),
    ),
  );
  on('POST', '/containers/create', ({ body, query }) => {
    const container = new FakeContainer(
      query.get('name'),
      JSON.parse(body.toString() || '{}') as Record<string, unknown>,
    );
    containers.set(container.id, container);
    return jsonResponse({ Id: container.id, Warnings: [] }, 201);
  });
  route('POST', '/containers/{id}/attach', (container) => ({
    body: [{ until: container.started.promise }, ...output, { until: container.exited.promise }],
  }));
  route('POST', '/containers/{id}/start', (container) => {
    if (container.status !== 'created') return { status: 304, framing: 'length' };
    container.start(options);
    return done;
  });
  route('POST', '/containers/{id}/wait', (container, query) => {
    const condition = query.get('condition') ?? 'not-running';
    const exit: BodyPart[] = [() => JSON.stringify({ StatusCode: container.exitCode, Error: null })];
    const json = { 'Content-Type': 'application/json' };
    if (condition === 'not-running' && container.status !== 'running') return { headers: json, body: exit };
    const until = condition === 'removed' ? container.removed.promise : container.exited.promise;
    return { headers: json, body: [{ until }, ...exit] };
  });
  route('GET', '/containers/{id}/logs', (container, query) => ({
    body:
      container.status === 'created'
        ? []
        : query.get('follow') === null
          ? output
          : [...output, { until: container.exited.promise }],
  }));
  route('GET', '/containers/{id}/json', (container) =>
    jsonResponse({
      Id: container.id,
      Name: `/${container.name}`,
      Image: container.config['Image'],
      Config: container.config,
      State: {
        Status: container.status,
        Running: container.status === 'running',
        ExitCode: container.exitCode,
        OOMKilled: container.status === 'exited' && options.isOomKilled === true,
        Pid: 0,
      },
      NetworkSettings: { Ports: {}, Networks: {} },
    }),
  );
  for (const action of ['kill', 'stop']) {
    route('POST', `/containers/{id}/${action}`, (container) => {
      if (container.status !== 'running')
        return action === 'stop'
          ? { status: 304, framing: 'length' }
          : errorResponse(409, `Container ${container.id} is not running`);
      container.exit(137);
      return done;
    });
  }
  route('DELETE', '/containers/{id}', (container, query) => {
    const force = ['1', 'true', 'True'].includes(query.get('force') ?? '');
    if (container.status === 'running' && !force)
      return errorResponse(409, `You cannot remove a running container ${container.id}`);
    container.remove();
    containers.delete(container.id);
    return done;
  });
  route('POST', '/containers/{id}/exec', (container) => jsonResponse({ Id: container.id }, 201));
  on('POST', '/exec/{id}/start', { body: output });
  on('GET', '/exec/{id}/json', jsonResponse({ Running: false, ExitCode: options.exitCode ?? 0 }));
}
