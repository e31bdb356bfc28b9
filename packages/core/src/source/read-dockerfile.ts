import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Checkout } from '../contracts/checkout.js';

/** Interim: being replaced by the source's owner. */
export async function readDockerfile(checkout: Checkout, file = 'Dockerfile'): Promise<{ path: string; text: string }> {
  const path = resolve(checkout.contextDir, file);
  return { path, text: await readFile(path, 'utf8') };
}
