import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import type { PackedPackage } from './pack-packages.js';

/** A registry of npm packages on loopback. */
export interface PackageRegistry {
  /** With a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serve packed packages as the registry of their scope: clients find them as they would find released ones. */
export async function startPackageRegistry(packages: readonly PackedPackage[]): Promise<PackageRegistry> {
  const answers = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const answer = answers.get(decodeURIComponent(request.url ?? ''));
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const { manifest, tarball } of packages) {
    const { name, version } = manifest;
    const path = `${name}/-/${basename(tarball)}`;
    const bytes = readFileSync(tarball);
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const shasum = createHash('sha1').update(bytes).digest('hex');
    const dist = { tarball: url + path, integrity, shasum };
    const document = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
    answers.set(`/${name}`, Buffer.from(JSON.stringify(document))).set(`/${path}`, bytes);
  }
  return {
    url,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
