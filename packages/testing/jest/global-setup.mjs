import { existsSync } from 'node:fs';

/** Opens the run of the rig that all test files share; what crashed runs left is swept first. */
export default async function globalSetup() {
  const entry = new URL('../dist/index.js', import.meta.url);
  if (!existsSync(entry)) throw new Error('@dock/testing is not built: run "npm run build" in the repository first.');
  const { startRigRun } = await import(entry.href);
  globalThis.dockRigRun = startRigRun();
}
