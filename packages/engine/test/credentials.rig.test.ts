import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { engineKinds, baseImage, type RigRegistry, sharedEngine, startRegistry } from '@dock/testing';
import { credentialsOf, errorOf, portTo, specOf } from './engine-fixture.js';

// Its JSON is base64 with "+" and "/": what the engine drops silently in the wrong alphabet.
const password = '>>>???~~~ÿ';
let contextDir: string;
let good: RigRegistry;
let evil: RigRegistry;
beforeAll(async () => {
  contextDir = mkdtempSync(join(tmpdir(), 'dock-credentials-rig-'));
  [good, evil] = await Promise.all([startRegistry({ auth: 'basic', password }), startRegistry({ auth: 'basic' })]);
  await baseImage(good, { name: 'private:1', files: { '/secret-base': 'x' } });
}, 60_000);
afterAll(async () => {
  rmSync(contextDir, { recursive: true });
  await Promise.all([good.stop(), evil.stop()]);
});

const engines = engineKinds();

describe.each(engines)('Engine $version with the $store store', (which) => {
  test.each(which.builders)('a %s build gives a private base its credentials, whatever is in them', async (builder) => {
    const engine = await sharedEngine(which);
    const port = await portTo(engine.socketPath, {
      credentials: credentialsOf({ [good.host]: { username: good.username, password } }),
    });
    await port.removeImage(`${good.host}/private:1`, { force: true });
    const image = await port.build(
      specOf(contextDir, `FROM ${good.host}/private:1\nRUN test -e /secret-base\n`, { builder, noCache: true }),
    );
    expect(image.id).toMatch(/^sha256:/);
    await port.close();
  });

  test.each(which.builders)('a %s build gives a host the credentials of no other', async (builder) => {
    const engine = await sharedEngine(which);
    const port = await portTo(engine.socketPath, {
      credentials: credentialsOf({ [good.host]: { username: good.username, password } }),
    });
    const before = evil.requests().length;
    const error = await errorOf(port.build(specOf(contextDir, `FROM ${evil.host}/x:1\nRUN true\n`, { builder })));
    expect(error).toMatchObject({ code: 'BUILD_FAILED', exitStatus: 1 });
    expect(error.message).toContain(evil.host);
    const asked = evil.requests().slice(before);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
    await port.close();
  });
});
