import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { InsideEngine } from '../../protocol.js';
import { enginePlaces } from './inner-engine-settings.js';

/** Where Linux distributions keep the certificates that they trust, as Go's crypto/x509 looks for them. */
const systemCertificates = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Put the certificates of the build image and those of the job into one file, for programs that take only one: the engine inside, and git.
 *
 * @returns its path; `undefined` when the job brings none
 */
export function writeCertificates(
  engine: InsideEngine,
  places: Readonly<Record<'root' | 'certificates', string>> = enginePlaces,
): string | undefined {
  if (engine.kind !== 'inner' || engine.caFile === undefined) return undefined;
  const system = systemCertificates.find((path) => existsSync(path));
  const parts = [...(system === undefined ? [] : [system]), engine.caFile];
  mkdirSync(places.root, { recursive: true, mode: 0o711 });
  writeFileSync(places.certificates, parts.map((path) => readFileSync(path, 'utf8')).join('\n'));
  return places.certificates;
}
