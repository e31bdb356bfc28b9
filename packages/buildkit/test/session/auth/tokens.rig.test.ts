import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BuildSpec, type DockError, isDockError } from '@dock/core';
import type { BuildEvidence } from '@dock/core/internal';
import {
  baseImage,
  engineKinds,
  engineRequest,
  sharedEngine,
  type SharedRigEngine,
  type SharedRigRegistry,
  startRegistry,
  type RigRegistry,
} from '@dock/testing';
import { credentialsOf, specOf } from '../../../../engine/test/engine-fixture.js';
import { solveBuild } from '../../../src/solve.js';
import { rigDoor } from '../../rig-door.js';

let directory = '';
let tokens: RigRegistry;
let passwords: RigRegistry;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dock-tokens-rig-'));
  [tokens, passwords] = await Promise.all([startRegistry({ auth: 'token' }), startRegistry({ auth: 'basic' })]);
});
afterAll(async () => {
  await Promise.all([tokens.stop(), passwords.stop()]);
  rmSync(directory, { recursive: true });
});

const unique = (): string => `${process.pid}-${String(Math.random()).slice(2)}`;
const kinds = engineKinds().filter(({ builders }) => builders.includes('buildkit'));

describe.each(kinds)('Engine $version with the $store store as a builder that gets tokens', ({ version, store }) => {
  let engine: SharedRigEngine;
  const images = new Set<string>();
  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
  });
  afterAll(async () => {
    for (const id of images) await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
  });

  /** A base that the engine does not have yet. */
  const base = async (registry: SharedRigRegistry): Promise<string> =>
    (await baseImage(registry, { name: `base-${unique()}:1`, files: { '/once': unique() } })).reference;

  async function build(text: string, more: Partial<BuildSpec> = {}): Promise<BuildEvidence | DockError> {
    const logins = [tokens, passwords].map(({ host, username, password }) => [host, { username, password }] as const);
    const source = { credentials: credentialsOf(Object.fromEntries(logins)) };
    const environment = { door: rigDoor(engine), source, env: {}, machine: 'test', access: 'tokens' as const };
    try {
      const evidence = await solveBuild(specOf(directory, text, more), environment, {});
      if (evidence.imageId !== undefined) images.add(evidence.imageId);
      return evidence;
    } catch (error) {
      if (isDockError(error)) return error;
      throw error;
    }
  }

  /** Who showed a password to a registry since a moment. */
  const showed = (registry: SharedRigRegistry, since: number): readonly (string | undefined)[] =>
    registry
      .requests()
      .filter(({ time, authorization }) => time >= since && authorization === 'basic')
      .map(({ userAgent }) => userAgent);

  test('a private base is there for it, and only dock itself showed the password', async () => {
    const reference = await base(tokens);
    const since = Date.now();
    expect(await build(`FROM ${reference}\nRUN cat /once # ${unique()}`)).toMatchObject({ failure: undefined });
    const agents = showed(tokens, since);
    expect(agents.length).toBeGreaterThan(0);
    expect(agents.filter((agent) => /docker|buildkit|containerd|Go-http/i.test(agent ?? ''))).toEqual([]);
  });

  test('a repository that is none of the build is nobody’s to it', async () => {
    const [own, other] = [await base(tokens), await base(tokens)];
    const spec = specOf(directory, `FROM ${own}\nCOPY --from=${other} /once /`);
    const answer = await build(spec.dockerfile.text, { bases: spec.bases });
    expect(JSON.stringify(answer)).toMatch(/unauthorized|AUTH_FAILED/);
  });

  test('a registry that takes passwords only refuses it, and the error says what to do', async () => {
    const reference = await base(passwords);
    const since = Date.now();
    expect(await build(`FROM ${reference}\nRUN true # ${unique()}`)).toMatchObject({
      code: 'AUTH_FAILED',
      message: `Registry "${passwords.host}" wants a password of the builder, which gets tokens only.`,
      hint: expect.stringContaining('--trust-builder'),
    });
    expect(showed(passwords, since)).toEqual([]);
  });

  test(`a cache is written by it where the store can (${store})`, async () => {
    const reference = await base(tokens);
    const cache = `${tokens.host}/cache-${unique()}:c`;
    const cacheTo = [`type=registry,ref=${cache},ignore-error=false`];
    const answer = await build(`FROM ${reference}\nRUN true # ${unique()}`, { cacheTo });
    expect('failure' in answer ? answer.failure?.message : answer.message).toBe(
      store === 'containerd' ? undefined : 'unknown cache exporter: "registry"',
    );
  });
});
