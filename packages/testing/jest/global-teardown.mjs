/** Ends every service of the run, also those that a test forgot to stop, and names these. */
export default async function globalTeardown() {
  for (const path of globalThis.dockRigRun?.stop() ?? []) {
    process.stderr.write(`A test left its service running: ${path}\n`);
  }
}
