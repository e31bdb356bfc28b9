/** Ends every service of the run, also those that a test forgot to stop, for which the run fails. */
export default async function globalTeardown() {
  const forgotten = globalThis.dockRigRun?.stop() ?? [];
  if (forgotten.length > 0)
    throw new Error(forgotten.map((path) => `A test left its service running: ${path}`).join('\n'));
}
