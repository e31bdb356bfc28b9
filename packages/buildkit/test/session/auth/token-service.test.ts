import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { parseImageReference } from '@dock/core';
import { specOf } from '../../../../engine/test/engine-fixture.js';
import { buildRepositories } from '../../../src/session/auth/build-repositories.js';
import { TokenAuthority } from '../../../src/session/auth/token-authority.js';

test('what a builder may do is what the build reads, and what it pushes itself', () => {
  const spec = specOf('/', 'FROM busybox:1', {
    contexts: { base: 'docker-image://r.example/context:1', dir: '/x' },
    cacheFrom: ['r.example/from:c'],
    cacheTo: ['type=registry,ref=r.example/to:c,mode=max', 'type=inline'],
  });
  const [base] = spec.bases;
  const bases = base === undefined ? [] : [{ ...base, takenFrom: parseImageReference('mirror.example/busybox:1') }];
  const outputs = [
    { type: 'image', attrs: { push: 'true', name: 'r.example/app,s.example/app' } },
    { type: 'image', attrs: { name: 'r.example/not-pushed' } },
  ];
  expect(Object.fromEntries(buildRepositories({ ...spec, bases }, outputs))).toEqual({
    'docker.io/library/busybox': 'pull',
    'mirror.example/busybox': 'pull',
    'r.example/context': 'pull',
    'r.example/from': 'pull',
    'r.example/to': 'push',
    'r.example/app': 'push',
    's.example/app': 'push',
  });
});

test('a signature is by the key that was told for the host and the salt, and by no other', () => {
  const authority = new TokenAuthority();
  const [salt, payload] = [Buffer.from('salt'), Buffer.from('payload')];
  const signed = authority.signed('r.example', salt, payload);
  const isBy = (key: Buffer): boolean => {
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]);
    return verify(
      null,
      signed.subarray(64),
      createPublicKey({ key: der, format: 'der', type: 'spki' }),
      signed.subarray(0, 64),
    );
  };
  expect(signed.subarray(64)).toEqual(payload);
  expect(isBy(authority.publicKey('r.example', salt))).toBe(true);
  expect(isBy(authority.publicKey('s.example', salt))).toBe(false);
  expect(isBy(new TokenAuthority().publicKey('r.example', salt))).toBe(false);
});
