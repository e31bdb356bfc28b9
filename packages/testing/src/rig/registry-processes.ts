import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines, startDetached } from './detached-process.js';
import { systemPath } from './engine-namespace.js';
import { startTicks } from './process-identity.js';
import { killNow } from './process-table.js';
import { registryConfig } from './registry-config.js';
import type { RegistryFrontOptions } from './registry-front.js';
import type { RegistryAuth } from './rig-registry.js';
import type { ServiceDirectory } from './service-directory.js';
import { startServiceProcess } from './service-process.js';
import { waitUntil } from './wait-until.js';

/** What a registry is started with. */
export interface RegistryPlan {
  readonly program: string;
  readonly service: ServiceDirectory;
  readonly auth: RegistryAuth;
  readonly tls: boolean;
  readonly isRecording: boolean;
  readonly canDelete: boolean;
  readonly username: string;
  readonly password: string;
}

/** The registry's process and the one in front of it: die together, come back on the same ports. */
export class RegistryProcesses {
  readonly #plan: RegistryPlan;
  readonly #ports = { front: 0, registry: 0 };
  readonly #pids = { front: 0, registry: 0 };

  constructor(plan: RegistryPlan) {
    this.#plan = plan;
  }

  get pid(): number {
    return this.#pids.registry;
  }

  /** @returns the port that clients use */
  async start(): Promise<number> {
    const { auth, isRecording } = this.#plan;
    // The registry's configuration names the token server, so the front comes first and is told the registry's port later.
    if (isRecording || auth === 'token') await this.#startFront();
    await this.#startRegistry();
    return isRecording ? this.#ports.front : this.#ports.registry;
  }

  async kill(): Promise<void> {
    const pids = Object.values(this.#pids).filter((pid) => pid !== 0);
    for (const pid of pids) killNow(pid);
    await waitUntil(() => pids.every((pid) => startTicks(pid) === undefined), {
      timeoutMs: 5000,
      subject: 'the end of the registry',
    });
    this.#pids.front = 0;
    this.#pids.registry = 0;
  }

  async #startFront(): Promise<void> {
    const { service, auth, tls, isRecording, username, password } = this.#plan;
    const at = (name: string) => join(service.path, name);
    rmSync(at('registry-front.state.json'), { force: true });
    const options: RegistryFrontOptions = {
      port: this.#ports.front,
      requestsFile: at('requests.ndjson'),
      ...(isRecording ? { upstreamPortFile: at('registry.port') } : {}),
      ...(tls ? { certificate: { keyFile: at('tls.key'), certFile: at('tls.crt') } } : {}),
      ...(auth === 'token'
        ? {
            issuer: {
              issuer: 'dock-rig',
              service: 'dock-rig',
              username,
              password,
              keyFile: at('token.key'),
              expiresIn: 300,
            },
          }
        : {}),
    };
    const front = await startServiceProcess<{ port: number }>('registry-front', service, options);
    this.#pids.front = front.pid;
    this.#ports.front = front.state.port;
  }

  async #startRegistry(): Promise<void> {
    const { program, service, tls, isRecording } = this.#plan;
    const configFile = join(service.path, 'registry.yml');
    const logFile = join(service.path, 'registry.log');
    writeFileSync(
      configFile,
      registryConfig({
        ...this.#plan,
        directory: service.path,
        port: this.#ports.registry,
        tls: tls && !isRecording,
        realm: `${tls ? 'https' : 'http'}://127.0.0.1:${String(this.#ports.front)}/token`,
      }),
    );
    const offset = existsSync(logFile) ? readFileSync(logFile).length : 0;
    const { pid } = startDetached(program, ['serve', configFile], {
      env: { PATH: systemPath, HOME: service.path, ...service.marks },
      logFile,
      cwd: service.path,
    });
    this.#pids.registry = pid;
    await waitUntil(
      () => {
        if (startTicks(pid) === undefined) throw new Error(`docker-registry ended at once:\n${lastLines(logFile)}`);
        // Port 0 is a free one of the kernel's choice; the log says which.
        const port = /listening on 127\.0\.0\.1:(\d+)/.exec(readFileSync(logFile).subarray(offset).toString())?.[1];
        this.#ports.registry = Number(port ?? this.#ports.registry);
        return port !== undefined;
      },
      { timeoutMs: 20_000, subject: 'docker-registry', details: () => lastLines(logFile) },
    );
    writeFileSync(join(service.path, 'registry.port'), String(this.#ports.registry));
  }
}
