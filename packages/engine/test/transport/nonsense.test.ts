import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EnginePort } from '@dock/core';
import { parseImageReference } from '@dock/core';
import { type FakeEngine, startFakeEngine } from '@dock/testing';
import { engineError } from '../../src/transport/engine-error.js';
import { endpointOf, portTo, specOf } from '../engine-fixture.js';
import { nonsense } from './nonsense-answers.js';

let engine: FakeEngine;
let port: EnginePort;
let contextDir: string;
beforeAll(() => {
  contextDir = mkdtempSync(join(tmpdir(), 'dock-nonsense-'));
  writeFileSync(join(contextDir, 'Dockerfile'), 'FROM scratch\n');
});
afterAll(() => rmSync(contextDir, { recursive: true, force: true }));
beforeEach(async () => {
  engine = await startFakeEngine();
  port = await portTo(engine.socketPath);
});
afterEach(async () => {
  await port.close();
  await engine.stop();
});

const id = `sha256:${'a'.repeat(64)}`;
const reference = parseImageReference('r.example/a:1');

const calls: Readonly<Record<string, [method: string, path: string, call: () => Promise<unknown>]>> = {
  describe: ['GET', '/info', () => port.describe()],
  inspectImage: ['GET', '/images/{name}/json', () => port.inspectImage('a:1')],
  builtImage: ['GET', '/images/{name}/json', () => port.builtImage(id)],
  imageHistory: ['GET', '/images/{name}/history', () => port.imageHistory('a:1')],
  build: ['POST', '/build', () => port.build(specOf(contextDir, 'FROM scratch\n', { builder: 'classic' }))],
  pullImage: ['POST', '/images/create', () => port.pullImage(reference)],
  pushImage: ['POST', '/images/{name}/push', () => port.pushImage(reference)],
};

describe.each(Object.entries(calls))('%s', (name, [method, path, call]) => {
  test.each(Object.entries(nonsense))(
    'that is answered with %s is nonsense of the engine, and nobody else is at fault',
    async (_, answer) => {
      engine.on(method as 'GET', path, answer);
      const outcome = await call().then(
        (value) => `answered ${JSON.stringify(value)}`,
        (error: { code?: string; exitStatus?: number; message: string }) =>
          `${error.code} ${error.exitStatus} ${/^[A-Z].*\.$/s.test(error.message) ? 'a sentence' : error.message}`,
      );
      // An empty list, and none at all, is a history without entries.
      const isHistory = name === 'imageHistory' && ['[]', 'null'].includes(answer.body);
      expect(outcome).toBe(isHistory ? 'answered []' : 'DAEMON_PROTOCOL 3 a sentence');
    },
  );
});

test('a caller who passes nonsense is not told that the engine did', async () => {
  await expect(port.tagImage(id, undefined as never)).rejects.toThrow(TypeError);
});

describe('TLS that fails', () => {
  const place = { endpoint: endpointOf('/x'), what: 'asking', wasReached: false };
  test.each([
    ['CERT_HAS_EXPIRED', /has expired/],
    ['CERT_NOT_YET_VALID', /not valid yet/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /for another name/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /authority .* is not known/],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /authority .* is not known/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /authority .* is not known/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /authority .* is not known/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /refuses the certificate of this client/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /speaks TLS on that port/],
  ])('with %s is an engine that is not reached, and the hint fits', (code, hint) => {
    const error = engineError(Object.assign(new Error('no'), { code }), place);
    expect(error).toMatchObject({ code: 'DAEMON_UNREACHABLE', exitStatus: 3, hint: expect.stringMatching(hint) });
  });
});
