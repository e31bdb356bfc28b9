/** Ends every service of the run, also those that a test forgot to stop. */
export default async function globalTeardown() {
  globalThis.dockRigRun?.stop();
}
