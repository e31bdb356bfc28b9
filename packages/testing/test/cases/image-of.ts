import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { engineRequest, rigTool, type SharedRigEngine } from '@dock/testing';

/** The ID that a name, or an ID, has in an engine; `undefined` when it is not there. */
export async function imageOf(engine: SharedRigEngine, name: string): Promise<string | undefined> {
  const answer = await engineRequest(engine.socketPath, 'GET', `/images/${name}/json`);
  return answer.status === 200 ? (answer.json() as { Id: string }).Id : undefined;
}

/** The digest that an independent client sees in a registry. */
export async function digestOf(reference: string): Promise<string> {
  const args = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${reference}`];
  return (await promisify(execFile)(rigTool('skopeo'), args)).stdout.trim();
}
