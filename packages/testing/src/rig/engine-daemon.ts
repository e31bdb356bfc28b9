import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DaemonCommand } from './daemon-command.js';
import { lastLines, startDetached } from './detached-process.js';
import type { EngineNamespace } from './engine-namespace.js';
import { engineRequest } from './engine-request.js';
import { startTicks } from './process-identity.js';
import { childrenOf, killNow, rigProcesses } from './process-table.js';
import type { ServiceDirectory } from './service-directory.js';
import { waitUntil } from './wait-until.js';

/** What a daemon is started with. */
export interface DaemonPlan {
  readonly namespace: EngineNamespace;
  readonly service: ServiceDirectory;
  readonly command: DaemonCommand;
  /** More variables, from whoever asked for the engine. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** dockerd, or podman's service, in its namespace: can be killed and started again. */
export class EngineDaemon {
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
    const { namespace, service, command, timeoutMs } = this.#plan;
    const directory = service.path;
    const program = basename(command.words[0] ?? '');
    const logFile = join(directory, 'dockerd.log');
    // A daemon that was killed leaves both, and the next one refuses to start over a pid file.
    for (const name of ['dockerd.pid', 'docker.sock']) rmSync(join(directory, name), { force: true });
    const enter = startDetached(
      'nsenter',
      ['--target', String(namespace.pid), '--mount', '--pid', '--root', '--wdns=/', '--', ...command.words],
      { env: this.#environment(), logFile, cwd: '/' },
    );
    const details = () => lastLines(logFile);
    await waitUntil(
      async () => {
        this.#pid = childrenOf(enter.pid)[0] ?? 0;
        const hasEnded = startTicks(enter.pid) === undefined;
        if (hasEnded) throw new Error(`${program} ended at once:\n${details()}`);
        return this.#pid !== 0 && (await this.#answers());
      },
      { timeoutMs, subject: `an answer of ${program}`, details },
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

  #environment(): NodeJS.ProcessEnv {
    const { command, service, env } = this.#plan;
    return { HOME: service.path, LANG: 'C.UTF-8', ...command.env, ...service.marks, ...env };
  }
}
