import { DockError, formatImageReference, type RegistryPort, type RemoteImage, type TargetReference } from '@dock/core';
import { runPlugin } from '@dock/testing';
import { expect, test } from '@jest/globals';
import { push, type PushOptions } from '../src/index.js';

const digest = `sha256:${'d'.repeat(64)}`;
const other = `sha256:${'e'.repeat(64)}`;
const configDigest = `sha256:${'c'.repeat(64)}`;
const image: RemoteImage = {
  place: { kind: 'registry', repository: 'a:5000/team/app', digest },
  configDigest,
  manifestDigest: digest,
  platforms: [{ platform: 'linux/amd64', configDigest, manifestDigest: digest }],
};
const reference = (registry: string, more: Partial<TargetReference> = {}): TargetReference => ({
  registry,
  repository: 'team/app',
  tag: '1',
  ...more,
});
const busy = () => new DockError('REGISTRY_ERROR', 'Registry "a:5000": status 503.', { details: { status: 503 } });

/** A registry that has what was put into it, unless `copy` says otherwise. */
function registryOf(copy: (name: string, attempt: number) => string = () => digest): Partial<RegistryPort> & {
  readonly calls: string[];
} {
  const held = new Map<string, string>();
  const calls: string[] = [];
  return {
    calls,
    copy: async (from, to) => {
      const name = formatImageReference(to);
      calls.push(`${formatImageReference(from)} -> ${name}`);
      held.set(name, copy(name, calls.length));
      return { mediaType: '', digest, size: 1 };
    },
    resolve: async (asked) => {
      const found = held.get(formatImageReference(asked));
      return found === undefined ? undefined : { mediaType: '', digest: found, size: 1 };
    },
  };
}

async function pushAll(
  references: readonly TargetReference[],
  registry: Partial<RegistryPort>,
  options: PushOptions = {},
) {
  return runPlugin(push({ backoffMs: 1, ...options }), {
    hook: 'push',
    value: [],
    registry,
    context: { image, references, isPublishing: true },
  });
}

test('an image of a registry is put under each name by its digest, the floating ones last, and no engine is asked', async () => {
  const registry = registryOf();
  const references = [
    reference('a:5000', { tag: 'latest', isFloating: true }),
    reference('a:5000'),
    reference('b:5000'),
  ];
  const { value, error } = await pushAll(references, registry);
  expect(error).toBeUndefined();
  expect(registry.calls.at(-1)).toBe(`a:5000/team/app@${digest} -> a:5000/team/app:latest`);
  expect(registry.calls.slice(0, 2).sort()).toEqual(
    ['a', 'b'].map((host) => `a:5000/team/app@${digest} -> ${host}:5000/team/app:1`),
  );
  for (const each of value ?? [])
    expect(each).toMatchObject({ digest, configDigest, attempts: 1, confirmedBy: 'direct', isVerified: true });
  expect(value).toHaveLength(3);
});

test('a registry that is busy is asked again', async () => {
  const registry = registryOf((_, attempt) => {
    if (attempt < 3) throw busy();
    return digest;
  });
  const { value, warnings } = await pushAll([reference('a:5000')], registry);
  expect(value).toMatchObject([{ attempts: 3, isVerified: true }]);
  expect(warnings.map(({ message }) => message)).toEqual(['"a:5000/team/app:1" was published at attempt 3.']);
});

test('a name that holds another image afterwards is not published', async () => {
  const { error, unpublished } = await pushAll(
    [reference('a:5000')],
    registryOf(() => other),
  );
  expect(error).toMatchObject({ code: 'DIGEST_MISMATCH' });
  expect(error?.hint).toContain(`The image is kept, without a name, as a:5000/team/app@${digest}.`);
  expect(unpublished).toMatchObject([{ name: 'a:5000/team/app:1', error: { code: 'DIGEST_MISMATCH' } }]);
});

test('an answer that got lost is looked for in the registry', async () => {
  const registry = registryOf();
  const copy = registry.copy as RegistryPort['copy'];
  registry.copy = async (...given) => {
    await copy(...given);
    throw busy();
  };
  const { value, warnings } = await pushAll([reference('a:5000')], registry, { retries: 0 });
  expect(value).toMatchObject([{ digest, isVerified: true }]);
  expect(warnings[0]?.message).toContain('got no good answer (REGISTRY_ERROR), but the registry has the image');
});

const silent = () => ({
  ...registryOf(),
  resolve: async () => {
    throw busy();
  },
});

test('a name that nobody can ask for is published, and not verified', async () => {
  const { error, value } = await pushAll([reference('a:5000')], silent());
  expect(error).toBeUndefined();
  expect(value).toMatchObject([{ isVerified: false, confirmedBy: 'push-stream' }]);
});

test('a name that nobody can ask for fails where it has to be confirmed', async () => {
  const { error, unpublished } = await pushAll([reference('a:5000')], silent(), { verify: 'required' });
  expect(error?.code).toBe('PUSH_UNCONFIRMED');
  expect(unpublished).toMatchObject([{ isUncertain: true }]);
});
