import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { libraryDirectories } from '../install/cache-layout.js';
import { lastLines, startDetached } from './detached-process.js';
import { type EngineNamespace, systemPath } from './engine-namespace.js';
import { engineRequest } from './engine-request.js';
import { startTicks } from './process-identity.js';
import { childrenOf, killNow, rigProcesses } from './process-table.js';
import type { ServiceDirectory } from './service-directory.js';
import { waitUntil } from './wait-until.js';

/** What a daemon is started with. */
export interface DaemonPlan {
  readonly namespace: EngineNamespace;
  readonly service: ServiceDirectory;
  /** The packages whose dockerd runs in the machine's own view, or `undefined` when the namespace's root is the tree. */
  readonly tree: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly timeoutMs: number;
}

/** dockerd in its namespace: can be killed and started again. */
export class DockerDaemon {
  readonly #plan: DaemonPlan;
  #pid = 0;

  constructor(plan: DaemonPlan) {
    this.#plan = plan;
  }

  get pid(): number {
    return this.#pid;
  }

  isRunning(): boolean {
    return this.#pid !== 0 && startTicks(this.#pid) !== undefined;
  }

  async start(): Promise<void> {
    const { namespace, service, timeoutMs } = this.#plan;
    const directory = service.path;
    const logFile = join(directory, 'dockerd.log');
    // A daemon that was killed leaves both, and the next one refuses to start over a pid file.
    for (const name of ['dockerd.pid', 'docker.sock']) rmSync(join(directory, name), { force: true });
    const enter = startDetached(
      'nsenter',
      ['--target', String(namespace.pid), '--mount', '--pid', '--root', '--wd=/', '--', ...this.#command()],
      { env: this.#environment(), logFile, cwd: '/' },
    );
    const details = () => lastLines(logFile);
    await waitUntil(
      async () => {
        this.#pid = childrenOf(enter.pid)[0] ?? 0;
        const hasEnded = startTicks(enter.pid) === undefined;
        if (hasEnded) throw new Error(`dockerd ended at once:\n${details()}`);
        return this.#pid !== 0 && (await this.#answers());
      },
      { timeoutMs, subject: 'an answer of dockerd', details },
    );
  }

  async kill(): Promise<void> {
    if (this.#pid === 0) return;
    killNow(this.#pid);
    // dockerd's containerd is killed by the kernel with its parent; the next daemon must not meet it.
    await waitUntil(() => !this.isRunning() && !this.#hasContainerd(), {
      timeoutMs: 10_000,
      subject: 'the end of dockerd',
    });
    this.#pid = 0;
  }

  #hasContainerd(): boolean {
    const file = join(this.#plan.service.path, 'exec/containerd/containerd.pid');
    try {
      readFileSync(file);
    } catch {
      return false;
    }
    return rigProcesses().some(
      ({ service, command }) => service === this.#plan.service.path && /(^|\/)containerd --config/.test(command),
    );
  }

  async #answers(): Promise<boolean> {
    try {
      const socketPath = join(this.#plan.service.path, 'docker.sock');
      return (await engineRequest(socketPath, 'GET', '/_ping', undefined, { timeoutMs: 2000 })).status === 200;
    } catch {
      return false;
    }
  }

  #command(): string[] {
    const { service, tree, args } = this.#plan;
    const at = (name: string) => join(service.path, name);
    return [
      join(tree ?? '/', 'usr/sbin/dockerd'),
      ...['--config-file', at('daemon.json'), '--host', `unix://${at('docker.sock')}`, '--group', '0'],
      ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('dockerd.pid')],
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
      ...['--cgroup-parent', `/${basename(service.path)}`],
      ...args,
    ];
  }

  #environment(): NodeJS.ProcessEnv {
    const { service, tree, env } = this.#plan;
    const own = tree === undefined ? '' : `${join(tree, 'usr/sbin')}:${join(tree, 'usr/bin')}:`;
    return {
      PATH: `${own}${systemPath}`,
      HOME: service.path,
      LANG: 'C.UTF-8',
      ...(tree === undefined ? {} : { LD_LIBRARY_PATH: libraryDirectories(tree).join(':') }),
      ...service.marks,
      ...env,
    };
  }
}
