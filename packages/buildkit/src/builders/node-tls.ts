import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { DockError } from '@dock/core';
import type { BuilderTlsFiles } from '@dock/core/internal';
import { checkTlsPems } from '@dock/registry';

/** What Node's sockets take for TLS to a node. The builder's certificate is always checked. @throws BUILDER_INVALID */
export async function nodeTls(files: BuilderTlsFiles, hostname: string): Promise<Readonly<Record<string, unknown>>> {
  if ((files.cert === undefined) !== (files.key === undefined))
    throw invalid('A certificate for the builder needs its key, and the other way round: "cert" and "key" go together');
  const [ca, cert, key] = await Promise.all([pem(files.ca), pem(files.cert), pem(files.key)]);
  const pems = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
  checkTlsPems(pems, { ca: files.ca ?? '', cert: files.cert ?? '', key: files.key ?? '' }, invalid);
  const serverName = files.serverName ?? (isIP(hostname) === 0 ? hostname : undefined);
  return { ...pems, ...(serverName === undefined ? {} : { servername: serverName }) };
}

async function pem(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw invalid(
      `TLS file "${file}" of the builder cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
    );
  }
}

function invalid(message: string): DockError {
  return new DockError('BUILDER_INVALID', `${message}.`, {
    hint: 'Name a CA certificate, and a certificate with its key for a builder that asks for one; dock never falls back to a connection without TLS.',
  });
}
