import type { EngineContext } from '../engine-context.js';
import { containerName, containerState, inspectContainer, removeContainer } from '../containers/container-client.js';
import { createFromBody, startContainer } from '../containers/create-container.js';
import { labelNames } from '../containers/identity-labels.js';
import { waitContainer } from '../containers/wait-container.js';
import { engineStatus } from '../transport/engine-error.js';
import { engineImageName } from '../images/image-name.js';
import { describeEngine } from '../images/describe-engine.js';
import { getFile, putArchive, readFile } from './archive.js';
import { attachContainer } from './attach-container.js';
import { changedPaths, commitContainer } from './commit-container.js';
import type { ContainerEngine } from './container-engine.js';
import { createRequestBody } from './create-request.js';
import { execStream } from '../containers/exec-stream.js';
import { loadImage } from './load-image.js';
import { createVolume, inspectVolume, removeOfRun, removeVolume, usersOfVolume } from './volumes.js';

/** The container operations of one engine. */
export function createContainerEngine(context: EngineContext): ContainerEngine {
  const { connection, labels, options } = context;
  return {
    socketPath: options.endpoint.kind === 'unix' ? options.endpoint.socketPath : undefined,
    identityLabels: labels,
    async security(scope = {}) {
      const { securityOptions } = await describeEngine(connection, scope);
      const has = (name: string) => securityOptions.some((each) => each.split(',').includes(`name=${name}`));
      return { hasSelinux: has('selinux'), hasUserNamespaces: has('userns'), isRootless: has('rootless') };
    },
    async create(request, scope = {}) {
      const own = { ...(await labels()), [labelNames.run]: request.runId, [labelNames.role]: request.role };
      const body = createRequestBody({ ...request, image: engineImageName(request.image) }, own);
      return createFromBody(connection, body, request, scope);
    },
    putArchive: (id, directory, tar, scope) => putArchive(connection, id, directory, tar, scope),
    getFile: (id, path, scope) => getFile(connection, id, path, scope),
    readFile: (id, path, scope) => readFile(connection, id, path, scope),
    attach: (id, scope) => attachContainer(connection, id, scope),
    wait: (id, scope = {}) => waitContainer(connection, id, { ...options.wait, condition: 'next-exit', ...scope }),
    start: (id, image, scope) => startContainer(connection, id, { image }, scope),
    async kill(id, signal = 'SIGKILL', scope = {}) {
      const path = `/containers/${containerName(id)}/kill?signal=${encodeURIComponent(signal)}`;
      try {
        const request = { method: 'POST', path };
        await connection.exchange(`ending container "${id}"`, request, { timeoutMs: 15_000, ...scope }, async () => {});
      } catch (error) {
        // 409: it is not running.
        if (![404, 409].includes(engineStatus(error) ?? 0)) throw error;
      }
    },
    async inspect(id, scope) {
      const raw = await inspectContainer(connection, id, scope);
      return raw === undefined ? undefined : containerState(raw);
    },
    remove: (id, scope) => removeContainer(connection, id, scope),
    removeOfRun: (runId, scope) => removeOfRun(connection, runId, scope),
    createVolume: async (request, scope) => createVolume(connection, await labels(), request, scope),
    inspectVolume: (name, scope) => inspectVolume(connection, name, scope),
    removeVolume: (name, scope) => removeVolume(connection, name, scope),
    usersOfVolume: (name, scope) => usersOfVolume(connection, name, scope),
    commit: (id, request, scope) => commitContainer(connection, id, request, scope),
    changes: (id, scope) => changedPaths(connection, id, scope),
    loadImage: (tar, scope) => loadImage(connection, tar, scope),
    execStream: (id, command, scope) => execStream(connection, id, command, scope),
  };
}
