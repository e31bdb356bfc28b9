/** What the process ends with when it cannot say how the run ended. */
const failedStatus = 70;

/** The exit status of some last work; one that fails (a disk that is full, say) is told and has a status too, so that nobody waits for the process. */
export async function exitStatusOf(work: () => Promise<number>, print: (line: string) => void): Promise<number> {
  try {
    return await work();
  } catch (error) {
    print(`dock: the run in the build container cannot end: ${error instanceof Error ? error.message : String(error)}`);
    return failedStatus;
  }
}
