import { createHash } from 'node:crypto';
import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DockError } from '@dock/core';
import { parseSecretJson, type TlsPems } from '@dock/registry';
import { readTlsFiles } from './tls-files.js';

/** A docker context's engine endpoint, as stored. */
export interface StoredContext {
  readonly name: string;
  /** As written; empty is the default socket. */
  readonly host: string;
  readonly skipTlsVerify: boolean;
  readonly tls: TlsPems;
}

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]*$/;

function invalid(name: string, why: string, hint: string): DockError {
  return new DockError('ENDPOINT_INVALID', `Docker context ${JSON.stringify(name)} ${why}.`, { hint });
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

async function knownContexts(metaDir: string): Promise<string> {
  const ids = await readdir(metaDir).catch((): string[] => []);
  const names = await Promise.all(
    ids.slice(0, 100).map(async (id) => {
      const text = await readFile(path.join(metaDir, id, 'meta.json'), 'utf8').catch(() => '');
      const parsed = parseSecretJson(text);
      return 'problem' in parsed ? undefined : field(parsed.value, 'Name');
    }),
  );
  const known = names.filter((name) => typeof name === 'string').sort();
  return ['default', ...known].map((name) => `"${name}"`).join(', ');
}

async function readMeta(metaDir: string, file: string, name: string, origin: string): Promise<unknown> {
  const hint = 'Look at "docker context ls" and "docker context inspect".';
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code !== 'ENOENT' && code !== 'ENOTDIR')
      throw invalid(name, `(${origin}) cannot be read from "${file}" (${code})`, hint);
    throw invalid(name, `(${origin}) does not exist`, `Known contexts: ${await knownContexts(metaDir)}.`);
  }
  const parsed = parseSecretJson(text);
  if ('problem' in parsed) throw invalid(name, `is broken: "${file}" ${parsed.problem}`, hint);
  return parsed.value;
}

function placeOf(configDir: string, name: string): { id: string; metaDir: string; file: string } {
  const id = createHash('sha256').update(name).digest('hex');
  const metaDir = path.join(configDir, 'contexts', 'meta');
  return { id, metaDir, file: path.join(metaDir, id, 'meta.json') };
}

/** Whether there is a context of this name; what is in it is seen when it is read. */
export async function isStored(configDir: string, name: string): Promise<boolean> {
  return access(placeOf(configDir, name).file).then(
    () => true,
    () => false,
  );
}

/**
 * Read a context from docker's store: `contexts/meta/<sha256 of the name>/meta.json` and `contexts/tls/<sha256>/docker/*.pem`.
 *
 * @throws ENDPOINT_INVALID
 */
export async function readContext(configDir: string, name: string, origin: string): Promise<StoredContext> {
  if (!namePattern.test(name))
    throw invalid(
      name,
      `(${origin}) is not a valid name`,
      'A context name has letters, digits, "_", ".", "+" and "-".',
    );
  const { id, metaDir, file } = placeOf(configDir, name);
  const meta = await readMeta(metaDir, file, name, origin);
  const endpoint = field(field(meta, 'Endpoints'), 'docker');
  if (endpoint === undefined)
    throw invalid(name, `(${origin}) has no docker endpoint in "${file}"`, 'Choose a context for a Docker Engine.');
  const host = field(endpoint, 'Host') ?? '';
  const skipTlsVerify = field(endpoint, 'SkipTLSVerify') ?? false;
  if (typeof host !== 'string' || typeof skipTlsVerify !== 'boolean')
    throw invalid(name, `is broken: "${file}" has a wrong "Host" or "SkipTLSVerify"`, 'Create the context again.');
  const tls = await readTlsFiles(path.join(configDir, 'contexts', 'tls', id, 'docker'), `context "${name}"`);
  return { name, host, skipTlsVerify, tls };
}
