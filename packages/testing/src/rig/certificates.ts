import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../install/run-command.js';
import { rigTool } from '../install/tool-wrappers.js';

/** Files of a server's certificate, PEM. */
export interface ServerCertificate {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Makes an authority and a certificate by it, good for ten days, for `127.0.0.1`, `localhost` and names that mean nothing outside a test: an engine trusts every
 * registry on loopback, so what it trusts else can only be seen by a name that a proxy leads there.
 */
export async function makeServerCertificate(directory: string): Promise<ServerCertificate> {
  const at = (name: string) => join(directory, name);
  await makeSelfSigned(directory, 'ca', 'dock rig authority');
  await openssl([...newKey, '-keyout', at('tls.key'), '-out', at('tls.csr'), '-subj', '/CN=127.0.0.1']);
  writeFileSync(
    at('tls.ext'),
    'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:*.rig.test\nextendedKeyUsage=serverAuth\n',
  );
  await openssl([
    ...['x509', '-req', '-in', at('tls.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-days', '10', '-extfile', at('tls.ext'), '-out', at('tls.crt')],
  ]);
  return { caFile: at('ca.crt'), certFile: at('tls.crt'), keyFile: at('tls.key') };
}

/** Makes `<name>.key` (EC P-256) and the self-signed `<name>.crt`. */
export async function makeSelfSigned(directory: string, name: string, commonName: string): Promise<void> {
  const at = (suffix: string) => join(directory, `${name}.${suffix}`);
  await openssl([
    ...newKey,
    '-x509',
    '-days',
    '10',
    '-subj',
    `/CN=${commonName}`,
    '-keyout',
    at('key'),
    '-out',
    at('crt'),
  ]);
}

const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(args: readonly string[]): Promise<string> {
  return runCommand(rigTool('openssl'), args, { env: { ...process.env, OPENSSL_CONF: '/dev/null' } });
}
