import { csvFields } from './csv-fields.js';

/** Files that a builder at an address is reached with over TLS, as written; each may be missing. */
export interface BuilderTlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name that the builder's certificate must carry. @default the host of the address */
  readonly serverName?: string;
}

/** What `--builder` says. */
export type BuilderWord =
  /** The engine's BuildKit where it has one, else its classic builder. */
  | { readonly kind: 'auto' }
  | { readonly kind: 'engine' }
  | { readonly kind: 'classic' }
  /** One of buildx's builders, or a docker context. */
  | { readonly kind: 'name'; readonly name: string }
  /** A container with a BuildKit in it, on the engine of this run. */
  | { readonly kind: 'container'; readonly container: string }
  /** A BuildKit at `tcp://host:port` or `unix:///path`. */
  | { readonly kind: 'address'; readonly address: string; readonly tls?: BuilderTlsFiles };

const words: Readonly<Record<string, 'auto' | 'engine' | 'classic'>> = {
  auto: 'auto',
  engine: 'engine',
  buildkit: 'engine',
  classic: 'classic',
};

/** Names of buildx's builders, and of docker contexts. */
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]*$/;
const containerPattern = /^docker-container:(?:\/\/)?([a-zA-Z0-9][a-zA-Z0-9_.-]*)$/;
const tcpPattern = /^tcp:\/\/(?:[a-zA-Z0-9_.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/;
const unixPattern = /^unix:\/\/[^\s].*$/;

/** The words of buildx for `--driver-opt` of its driver `remote`. */
const tlsKeys = { cacert: 'ca', cert: 'cert', key: 'key', servername: 'serverName' } as const;

/**
 * What a builder's word means; undefined for what is none. A builder at an address may be followed by its TLS files in the words of buildx's driver `remote`:
 * `tcp://host:1234,cacert=ca.pem,cert=cert.pem,key=key.pem,servername=name`.
 */
export function builderWord(text: string): BuilderWord | undefined {
  const kind = Object.hasOwn(words, text) ? words[text] : undefined;
  if (kind !== undefined) return { kind };
  if (namePattern.test(text)) return { kind: 'name', name: text };
  const container = containerPattern.exec(text)?.[1];
  if (container !== undefined) return { kind: 'container', container };
  const [address = '', ...options] = csvFields(text) ?? [];
  const port = Number(tcpPattern.exec(address)?.[1]);
  const isTcp = port > 0 && port < 65_536;
  if (!isTcp && !unixPattern.test(address)) return undefined;
  if (options.length === 0) return { kind: 'address', address };
  const tls = isTcp ? tlsFiles(options) : undefined;
  return tls === undefined ? undefined : { kind: 'address', address, tls };
}

function tlsFiles(options: readonly string[]): BuilderTlsFiles | undefined {
  const files: { -readonly [Key in keyof BuilderTlsFiles]: BuilderTlsFiles[Key] } = {};
  for (const option of options) {
    const at = option.indexOf('=');
    const key = option.slice(0, Math.max(at, 0));
    const value = option.slice(at + 1);
    const field = Object.hasOwn(tlsKeys, key) ? tlsKeys[key as keyof typeof tlsKeys] : undefined;
    if (field === undefined || value === '' || files[field] !== undefined) return undefined;
    files[field] = value;
  }
  // Half a client certificate is none.
  return (files.cert === undefined) === (files.key === undefined) ? files : undefined;
}
