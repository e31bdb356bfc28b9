import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { DockError } from '@dock/core';
import { checkTlsPems, type TlsPems } from '@dock/registry';
import type { EndpointTls } from './engine-endpoint.js';

function invalid(message: string): DockError {
  return new DockError('ENDPOINT_INVALID', message, {
    hint: 'Put ca.pem, and cert.pem with key.pem for a client certificate, there; dock never falls back to plain http.',
  });
}

async function readPem(dir: string, name: string, subject: string): Promise<string | undefined> {
  const file = path.join(dir, name);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw invalid(`TLS file "${file}" of ${subject} cannot be read (${code})`);
  }
}

/**
 * Read `ca.pem`, `cert.pem` and `key.pem` of a directory and check that they can be used together.
 *
 * @param subject who asks for TLS, for messages: `DOCKER_TLS_VERIFY`, `context "x"`
 * @throws ENDPOINT_INVALID
 */
export async function readTlsFiles(dir: string, subject: string): Promise<TlsPems> {
  const [ca, cert, key] = await Promise.all([
    readPem(dir, 'ca.pem', subject),
    readPem(dir, 'cert.pem', subject),
    readPem(dir, 'key.pem', subject),
  ]);
  if ((cert === undefined) !== (key === undefined)) {
    const [has, lacks] = cert === undefined ? ['key.pem', 'cert.pem'] : ['cert.pem', 'key.pem'];
    throw invalid(`"${dir}" of ${subject} has "${has}" but no "${lacks}"`);
  }
  const pems: TlsPems = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  const at = (name: string): string => path.join(dir, name);
  checkTlsPems(pems, { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') }, invalid);
  return pems;
}

/** TLS by environment: `DOCKER_TLS` or `DOCKER_TLS_VERIFY` asked for it, so `ca.pem` has to be there. @throws ENDPOINT_INVALID */
export async function readEnvironmentTls(dir: string, subject: string): Promise<TlsPems> {
  const files = await readTlsFiles(dir, subject);
  if (files.ca === undefined) throw invalid(`${subject} asks for TLS, but there is no "${path.join(dir, 'ca.pem')}"`);
  return files;
}

/** The TLS part of an endpoint at a host. */
export function endpointTls(files: TlsPems, verify: boolean, hostname: string): EndpointTls {
  return { ...files, verify, ...(isIP(hostname) === 0 ? { serverName: hostname } : {}) };
}
