/**
 * Load what a build and a push will need of the engine's client, for a caller who waits for something else meanwhile. It never fails: a part that cannot be
 * loaded says so when it is needed.
 */
export async function warmUpEngine(): Promise<void> {
  try {
    const { warmUp } = await import('@dock/engine');
    await warmUp();
  } catch {
    // Nobody has asked for it yet.
    return;
  }
}
