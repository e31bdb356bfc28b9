import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { rigTool, type SharedRigRegistry } from '@dock/testing';

/** The digest and config digest that an independent client sees. */
export async function skopeo(
  reference: string,
  registry?: SharedRigRegistry,
): Promise<{ readonly digest: string; readonly config: string }> {
  const run = promisify(execFile);
  const credentials = registry === undefined ? [] : ['--creds', `${registry.username}:${registry.password}`];
  const inspect = async (...args: string[]) =>
    (
      await run(rigTool('skopeo'), ['inspect', '--tls-verify=false', ...credentials, ...args, `docker://${reference}`])
    ).stdout.trim();
  const digest = await inspect('--format', '{{.Digest}}');
  const manifest = JSON.parse(await inspect('--raw')) as { config: { digest: string } };
  return { digest, config: manifest.config.digest };
}
