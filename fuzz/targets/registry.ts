import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  createCredentialStore,
  encodeRegistryAuth,
  encodeRegistryConfig,
  secretValues,
} from '../../packages/registry/src/index.js';
import { parseHost } from '../../packages/engine/src/index.js';
import { parseChallenges } from '../../packages/registry/src/client/challenge.js';
import { readManifest } from '../../packages/registry/src/client/manifest.js';
import { anyText, mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orDockError, orDockRejection } from '../fuzz-target.js';
import { vectorInputs } from './seeds.js';

const auth = Buffer.from('user:pass-word').toString('base64');
const configSeeds = [
  JSON.stringify({
    auths: { 'https://index.docker.io/v1/': { auth }, 'registry.example.com:5000': { username: 'u', password: 'p' } },
  }),
  JSON.stringify({ auths: { 'r.example.com': { auth, identitytoken: 'token' } }, credsStore: '', currentContext: 'x' }),
  JSON.stringify({ auths: { 'r.example.com': {} }, credHelpers: { 'r.example.com': '' } }, null, 2),
];
const configWords = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '"auths"',
  '"auth"',
  '"credsStore"',
  '"credHelpers"',
  'null',
  '1',
  'true',
  '"__proto__"',
  '{}',
  '\n',
  '\\u0000',
  '=',
  auth,
  'r.example.com',
  'https://',
  '\ufeff',
];

export const dockerConfig = fuzzTarget({
  name: 'docker-config',
  input: fc.record({
    text: fc.oneof(mutated(configSeeds, configWords), wordSoup(configWords, 30)),
    registry: fc.constantFrom('docker.io', 'r.example.com', 'registry.example.com:5000', '__proto__', '[::1]:5000'),
    isEnvironment: fc.boolean(),
  }),
  async check({ text, registry, isEnvironment }) {
    const homeDir = mkdtempSync(join(tmpdir(), 'dock-fuzz-'));
    if (!isEnvironment) writeFileSync(join(homeDir, 'config.json'), text);
    const env = { DOCKER_CONFIG: homeDir, ...(isEnvironment ? { DOCKER_AUTH_CONFIG: text } : {}) };
    const store = createCredentialStore({ env, homeDir });
    const found = await orDockRejection(() => store.get(registry));
    rmSync(homeDir, { recursive: true });
    if (found === undefined) return;
    assert.equal(found.registry, registry);
    for (const secret of secretValues(found)) assert.notEqual(secret, '');
    assert.ok(!/pass-word|token/.test(found.origin), found.origin);
    // A header that the engine reads back as the same.
    const header = encodeRegistryAuth(found);
    assert.match(header, /^[A-Za-z0-9_-]*={0,2}$/);
    const back = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { password?: string };
    assert.equal(back.password, found.password === undefined ? undefined : Buffer.from(found.password).toString());
    encodeRegistryConfig([found]);
  },
});

const challengeWords = [
  'Bearer',
  'Basic',
  ' ',
  ',',
  '=',
  '"',
  '\\',
  'realm',
  'realm="https://a.example.com/token"',
  'service=',
  'scope="x:y:pull,push"',
  '\t',
  ';',
  'é',
  '"\\"',
  'charset="UTF-8"',
];

export const challenge = fuzzTarget({
  name: 'challenge',
  input: fc.oneof(
    mutated(
      [
        ...vectorInputs('engine/test/vectors/registry-auth.json'),
        'Bearer realm="https://a.example.com/token",service="x",scope="a,b"',
      ],
      challengeWords,
    ),
    wordSoup(challengeWords, 30),
  ),
  check(header) {
    for (const { scheme, parameters } of parseChallenges(header)) {
      assert.match(scheme, /^[^\s,"=]+$/);
      for (const name of parameters.keys()) assert.match(name, /^[^\s,"=]+$/);
    }
    const parts = header.replaceAll(/[^ -~]/g, '').replaceAll(/["\\]/g, '\\$&');
    assert.deepEqual(parseChallenges(`Bearer realm="${parts}", x=y`), [
      {
        scheme: 'bearer',
        parameters: new Map([
          ['realm', header.replaceAll(/[^ -~]/g, '')],
          ['x', 'y'],
        ]),
      },
    ]);
  },
});

const digest = `sha256:${'0f'.repeat(32)}`;
const manifestSeeds = [
  ...vectorInputs('engine/test/vectors/oci-image-spec.json'),
  JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    config: { mediaType: 'a/b', size: 1, digest },
    layers: [],
  }),
  JSON.stringify({
    schemaVersion: 2,
    manifests: [{ mediaType: 'a/b', size: 1, digest, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }],
  }),
];
const manifestWords = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  'null',
  '1',
  '-1',
  '1e400',
  '"config"',
  '"layers":null',
  '"manifests":[null]',
  '"platform":null',
  '"annotations":{}',
  digest,
  '"__proto__"',
  '\\ud800',
];

export const manifest = fuzzTarget({
  name: 'manifest',
  input: fc.record({
    text: fc.oneof(mutated(manifestSeeds, manifestWords), wordSoup(manifestWords, 30)),
    contentType: fc.oneof(
      fc.constantFrom(
        'application/vnd.oci.image.index.v1+json',
        'application/vnd.oci.image.manifest.v1+json',
        'application/json',
        '',
      ),
      anyText,
    ),
    headerDigest: fc.constantFrom('', digest, 'sha512:x', 'x'),
  }),
  check({ text, contentType, headerDigest }) {
    const source = { registry: 'r.example.com', subject: '"x"', contentType, headerDigest };
    const read = orDockError(() => readManifest(Buffer.from(text), source));
    if (read === undefined) return;
    assert.match(read.digest, /^sha256:[0-9a-f]{64}$/);
    assert.ok(
      (read.configDigest === undefined) === (read.mediaType.includes('index') || read.mediaType.includes('list')),
    );
  },
});

const hostWords = [
  'unix://',
  'tcp://',
  'http://',
  'ssh://',
  'npipe://',
  'fd://',
  '/',
  ':',
  '@',
  '[',
  ']',
  '2375',
  '127.0.0.1',
  'localhost',
  '%',
  '?',
  '#',
  ' ',
  '\n',
  '//',
  'user:pass',
  '-oProxyCommand=x',
  '65536',
  '..',
];

export const host = fuzzTarget({
  name: 'host',
  input: fc.record({
    text: fc.oneof(mutated(vectorInputs('engine/test/vectors/docker-hosts.json'), hostWords), wordSoup(hostWords)),
    isTls: fc.boolean(),
  }),
  check({ text, isTls }) {
    const read = orDockError(() => parseHost(text, isTls));
    // What stands in a path behind a host is not read the same twice: a blank at its end, a colon, what was percent-encoded.
    const isPlain = read !== undefined && read === read.trim() && /^(?:unix:\/\/.*|[a-z]+:\/\/[^/]*)$/s.test(read);
    if (isPlain && !text.includes('%')) assert.equal(parseHost(read, isTls), read);
  },
});
