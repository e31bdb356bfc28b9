import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BaseImage, type EngineEvent, isDockError, parseImageReference } from '@dock/core';
import {
  baseImage,
  engineKinds,
  engineRequest,
  sharedEngine,
  sharedRegistry,
  type SharedRigEngine,
} from '@dock/testing';
import { credentialsOf, specOf } from '../../../engine/test/engine-fixture.js';
import { solveBuild } from '../../src/solve.js';
import { rigDoor } from '../rig-door.js';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-pins-rig-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const unique = (): string => `${process.pid}-${String(Math.random()).slice(2)}`;
const kinds = engineKinds().filter(({ builders }) => builders.includes('buildkit'));

describe.each(kinds)('Engine $version with the $store store', ({ version, store }) => {
  let engine: SharedRigEngine;
  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    await baseImage(engine);
  });

  test('a source policy holds a base to its digest, and where there is none the build is no success', async () => {
    const registry = await sharedRegistry();
    const name = `pin-${unique()}:1`;
    const first = await baseImage(registry, { name, files: { '/which': 'first' } });
    // The tag is another image's since.
    await baseImage(registry, { name, files: { '/which': 'second' } });
    const { reference: text, digest = '' } = first;
    const reference = parseImageReference(text);
    const base: BaseImage = { use: 'from', text, reference, line: 1, digest, pinnedBy: 'policy' };
    const logs: string[] = [];
    const onEvent = (event: EngineEvent) => event.type === 'step.log' && logs.push(event.text);
    const spec = specOf(directory, `FROM ${text}\nRUN echo "is=$(cat /which)" # ${unique()}`, { bases: [base] });
    const environment = { door: rigDoor(engine), source: { credentials: credentialsOf() }, env: {}, machine: 'test' };
    const built = await solveBuild(spec, environment, { onEvent }).catch((error: unknown) => error);
    const isOld = version === '20.10';
    expect(logs.join('')).toBe(isOld ? 'is=second\n' : 'is=first\n');
    expect(isDockError(built) ? built.code : 'built').toBe(isOld ? 'DIGEST_MISMATCH' : 'built');
    const { imageId } = built as { imageId?: string };
    if (imageId !== undefined) await engineRequest(engine.socketPath, 'DELETE', `/images/${imageId}?force=1`);
  });
});
