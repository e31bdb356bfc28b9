import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { CredentialStore } from '../../src/credentials/credential-store.js';
import type { RegistryCredential } from '@dock/core';

/** One request that a server saw. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A real HTTP server on loopback. */
export interface LocalServer {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly origin: string;
  readonly seen: SeenRequest[];
  close(): Promise<void>;
}

type Answer = (request: SeenRequest, response: ServerResponse) => void;

const certificate = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`./tls/${name}.pem`, import.meta.url)), 'utf8');

/** The CA of {@link startServer} with `tls`. */
export const testCa = certificate('ca');

/** Start a server that answers as told; with `tls` its certificate is for 127.0.0.1 and localhost. */
export async function startServer(
  answer: Answer,
  options: { tls?: boolean; address?: string } = {},
): Promise<LocalServer> {
  const seen: SeenRequest[] = [];
  const listener: RequestListener = (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, authorization: headers.authorization, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(one);
      answer(one, response);
    });
  };
  const server =
    options.tls === true
      ? https.createServer({ key: certificate('server-key'), cert: certificate('server') }, listener)
      : http.createServer(listener);
  const address = options.address ?? '127.0.0.1';
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const host = `${address}:${(server.address() as AddressInfo).port}`;
  return {
    host,
    origin: `${options.tls === true ? 'https' : 'http'}://${host}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answer with a status, headers and a body. */
export function reply(
  response: ServerResponse,
  status: number,
  body: unknown = '',
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers);
  response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

/** A store that holds what it is given, by exact host, and counts how often it was asked. */
export function storeOf(...credentials: RegistryCredential[]): CredentialStore & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get: async (registry) => {
      asked.push(registry);
      return credentials.find((each) => each.registry === registry);
    },
  };
}

export const digestOf = (bytes: string | Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const someDigest = `sha256:${'a'.repeat(64)}`;
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: 3, digest: someDigest };

export const imageConfig = JSON.stringify({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [someDigest] },
});

/** A valid OCI image manifest. */
export const imageManifest = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    size: imageConfig.length,
    digest: digestOf(imageConfig),
  },
  layers: [layer],
};
