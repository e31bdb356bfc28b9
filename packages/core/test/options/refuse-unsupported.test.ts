import { describe, expect, test } from '@jest/globals';
import type { BuildSpec } from '../../src/index.js';
import { type BuilderAbility, refuseUnsupported } from '../../src/options/refuse-unsupported.js';

const spec = (more: Partial<BuildSpec>): BuildSpec => ({
  contextDir: '/context',
  dockerfile: { path: '/context/Dockerfile', text: 'FROM scratch\n' },
  buildArgs: {},
  labels: {},
  platforms: [],
  builder: 'auto',
  noCache: false,
  pull: false,
  bases: [],
  references: [],
  ...more,
});
const classic: BuilderAbility = { name: 'classic', column: 'classic', apiVersion: '1.41' };
const buildkit: BuilderAbility = { name: 'buildkit', column: 'buildkit', apiVersion: '1.41' };
const remote = (buildkitVersion?: string): BuilderAbility => ({ name: 'far', column: 'standalone', buildkitVersion });

function refusal(...asked: Parameters<typeof refuseUnsupported>): unknown {
  try {
    refuseUnsupported(...asked);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('an option that the builder would drop', () => {
  test('is refused with the builder that can be chosen instead', () => {
    expect(refusal(spec({ memory: 1 }), buildkit, [classic])).toMatchObject({
      code: 'OPTION_UNSUPPORTED',
      message:
        'The option "memory" cannot be used with the builder "buildkit": BuildKit knows no memory limit for a build.',
      hint: 'Leave the option out, or choose the builder "classic".',
      details: { option: 'memory', builder: 'buildkit' },
    });
  });

  test('is refused with what would have to be set up, where nothing can be chosen', () => {
    expect(refusal(spec({ secrets: [{ id: 'a', env: 'A' }] }), classic)).toMatchObject({
      hint: 'Leave the option out, or use an engine with the containerd store, another builder (--builder) or --method privileged.',
    });
    expect(refusal(spec({ network: 'mine' }), remote('v0.13.0'))).toMatchObject({ hint: 'Leave the option out.' });
  });

  test.each([
    ['an engine before API 1.45', { ...buildkit, apiVersion: '1.44' }, true],
    ['an engine of API 1.45', { ...buildkit, apiVersion: '1.45' }, false],
    ['a BuildKit before 0.13', remote('v0.12.5'), true],
    ['BuildKit 0.13', remote('v0.13.0-rc1'), false],
    ['BuildKit 1.0', remote('1.0.0'), false],
    ['a BuildKit that does not say its version', remote(), true],
  ])('is measured by the version of %s', (_, ability, isRefused) => {
    expect(refusal(spec({ shmSize: 1 }), ability) !== undefined).toBe(isRefused);
  });

  test.each(['registry.example.com/a:cache', 'type=registry,ref=registry.example.com/a:cache', 'type=gha'])(
    'is refused in each way to write it: the cache %s',
    (entry) => {
      expect(refusal(spec({ cacheTo: [entry] }), buildkit)).toMatchObject({ details: { option: 'cacheTo' } });
      expect(refusal(spec({ cacheTo: [entry] }), { ...buildkit, column: 'containerd' })).toBeUndefined();
    },
  );

  test('is refused for those values only that the builder drops', () => {
    expect(refusal(spec({ pull: true }), remote())).toBeUndefined();
    expect(refusal(spec({ pull: 'never' }), remote())).toMatchObject({ details: { option: 'pull' } });
  });
});

test('attestations that are turned off are nothing to refuse', () => {
  expect(
    refusal(spec({ attest: ['type=sbom,disabled=true'], provenance: 'false', sbom: false }), classic),
  ).toBeUndefined();
  expect(refusal(spec({ provenance: 'mode=max' }), buildkit)).toMatchObject({ details: { option: 'provenance' } });
});
