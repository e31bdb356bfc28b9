import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The bound of every case about limits, bytes. */
export const memoryBound = 300 * 1024 ** 2;

/** The most memory that a process ever had in use. */
export interface MemoryWatch {
  /** Ends the watch. @returns bytes. @throws Error when the process was never seen: nothing is known of its memory then */
  peak(): number;
}

/** Watch a process by the kernel's own high-water mark, so that no peak is missed between two looks. */
export function watchMemory({ pid = 0 }: Pick<ChildProcess, 'pid'>): MemoryWatch {
  let peak = 0;
  const look = () => {
    try {
      const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      peak = Math.max(peak, Number(kilobytes ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  };
  look();
  const timer = setInterval(look, 50);
  return {
    peak() {
      clearInterval(timer);
      if (peak === 0) throw new Error(`The memory of process ${pid} was never seen.`);
      return peak;
    },
  };
}
