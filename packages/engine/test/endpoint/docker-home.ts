import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** A home directory with docker's files in it. */
export interface FakeHome {
  readonly homeDir: string;
  /** Write a file below the home directory. */
  write(name: string, content: string, mode?: number): string;
  /** Write `config.json`. */
  config(content: unknown): void;
  /** Store a context as "docker context create" does. */
  context(name: string, endpoint: unknown, tls?: Readonly<Record<string, string>>): void;
  remove(): void;
}

/** A new home in a temporary directory. */
export function createHome(): FakeHome {
  const homeDir = mkdtempSync(path.join(tmpdir(), 'dock-test-home-'));
  const write = (name: string, content: string, mode = 0o600): string => {
    const file = path.join(homeDir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
    return file;
  };
  return {
    homeDir,
    write,
    config: (content) => void write('.docker/config.json', JSON.stringify(content)),
    context: (name, endpoint, tls = {}) => {
      const id = createHash('sha256').update(name).digest('hex');
      const meta = { Name: name, Metadata: {}, Endpoints: { docker: endpoint } };
      write(`.docker/contexts/meta/${id}/meta.json`, JSON.stringify(meta));
      for (const [file, content] of Object.entries(tls)) write(`.docker/contexts/tls/${id}/docker/${file}`, content);
    },
    remove: () => rmSync(homeDir, { recursive: true, force: true }),
  };
}

/** A PEM file of the test CA. */
export function pem(name: 'ca' | 'server' | 'server-key' | 'other-key'): string {
  return readFileSync(fileURLToPath(new URL(`../../../registry/test/client/tls/${name}.pem`, import.meta.url)), 'utf8');
}
