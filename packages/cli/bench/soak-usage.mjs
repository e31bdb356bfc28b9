// What a process, an engine and a directory hold on to.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { engineRequest, listLeftovers } from '@dock/testing';

const mib = (bytes) => Math.round((bytes / 2 ** 20) * 10) / 10;

/** This process: descriptors, sockets among them, what keeps its loop alive, memory in MiB. */
export function processUsage() {
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
  const links = readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // the one that the directory itself was read by
      return [];
    }
  });
  return {
    descriptors: links.length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    handles: process.getActiveResourcesInfo().length,
    rss: mib(process.memoryUsage.rss()),
    heap: mib(process.memoryUsage().heapUsed),
  };
}

/** Everything that dock, or a builder for it, may leave in an engine, and in the directories that it was given. */
export async function leftBehind({ socketPath, tempDir }) {
  const { containers, volumes, networks } = await listLeftovers({ socketPath });
  const all = (await engineRequest(socketPath, 'GET', '/containers/json?all=1')).json();
  return {
    containers: new Set([...containers, ...all.map(({ Id }) => Id)]).size,
    volumes: volumes.length,
    networks: networks.length,
    temporary: filesIn(tempDir),
  };
}

/** What lies in the temporary directory; dock's own directory there stays, and is empty. */
function filesIn(directory) {
  return readdirSync(directory, { withFileTypes: true }).reduce((count, entry) => {
    const path = `${directory}/${entry.name}`;
    return count + (/^dock-\d+$/.test(entry.name) && entry.isDirectory() ? readdirSync(path).length : 1);
  }, 0);
}

/** The most memory that an ended child had: the kernel tells it to its parent only by way of the child's own status file. */
export function peakMemory(pid) {
  try {
    return mib(Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024);
  } catch {
    return 0;
  }
}
