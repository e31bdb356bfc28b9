import assert from 'node:assert/strict';
import fc from 'fast-check';
import { prepareInTime } from '../../packages/api/src/run/prepare-in-time.js';
import { isDockError, parseConfig } from '../../packages/core/src/index.js';
import { anyText } from '../arbitraries.js';
import { fuzzTarget, orDockRejection } from '../fuzz-target.js';

const keys = [
  'source',
  'image',
  'runner',
  'plugins',
  'tags',
  'dockerfile',
  'buildArgs',
  'labels',
  'secrets',
  'ssh',
  'ulimits',
  'memory',
  'platforms',
  'timeouts',
  'publish',
  'kind',
  'url',
  'path',
  'id',
  'file',
  'name',
  'apply',
  'run',
  '__proto__',
  'constructor',
  'toString',
  'then',
  'imgae',
  'sorce',
  '0',
  '',
];
const leaf = fc.oneof(
  anyText,
  fc.constantFrom('git', 'path', 'auto', 'classic', '1g', 'sha256:', '__proto__'),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown; list: unknown; object: unknown }>((tie) => ({
  tree: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('tree'), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(fc.constantFrom(...keys), anyText), tie('tree'), {
    maxKeys: 5,
    noNullPrototype: true,
  }),
}));

/** What JSON cannot say, in the place of a word. */
function awkward(value: unknown, kind: string): unknown {
  if (value === '__proto__' || value === 'then') return strange(kind);
  if (Array.isArray(value)) return value.map((each) => awkward(each, kind));
  if (typeof value !== 'object' || value === null) return value;
  const made: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const given = awkward(member, kind);
    if (kind === 'getter' && key === 'path')
      Object.defineProperty(made, key, {
        enumerable: true,
        get: () => {
          throw new Error('getter');
        },
      });
    else if (key === '__proto__') Object.defineProperty(made, key, { enumerable: true, value: given });
    else made[key] = given;
  }
  if (kind === 'cycle') made['labels'] = made;
  return made;
}

function strange(kind: string): unknown {
  if (kind === 'symbol') return Symbol('x');
  if (kind === 'bigint') return 10n ** 400n;
  if (kind === 'proxy')
    return new Proxy(
      {},
      {
        get: () => {
          throw new Error('proxy');
        },
        ownKeys: () => {
          throw new Error('keys');
        },
      },
    );
  if (kind === 'function')
    return () => {
      throw new Error('called');
    };
  if (kind === 'promise') return Promise.resolve({});
  if (kind === 'thenable') return { then: () => undefined };
  if (kind === 'class')
    return new (class {
      get path(): string {
        throw new Error('class');
      }
    })();
  if (kind === 'map') return new Map([['a', 1]]);
  return '__proto__';
}

export const config = fuzzTarget({
  name: 'config',
  input: fc.record({
    value: tree,
    kind: fc.constantFrom(
      'plain',
      'getter',
      'cycle',
      'symbol',
      'bigint',
      'proxy',
      'function',
      'promise',
      'thenable',
      'class',
      'map',
    ),
    exported: fc.constantFrom('value', 'function', 'promise', 'throw'),
  }),
  async check({ value, kind, exported }) {
    const made = awkward(value, kind);
    const given =
      exported === 'function'
        ? () => made
        : exported === 'promise'
          ? Promise.resolve(made)
          : exported === 'throw'
            ? () => {
                throw made;
              }
            : made;
    if (exported === 'promise') (given as Promise<unknown>).catch(() => undefined);
    const before = Object.keys(Object.prototype);
    const parsed = await orDockRejection(() =>
      prepareInTime(() => parseConfig(given, 'dock.config.ts', { directory: '/', env: {} }), undefined, 50),
    );
    assert.deepEqual(Object.keys(Object.prototype), before);
    assert.ok(parsed === undefined || (typeof parsed === 'object' && !isDockError(parsed)));
  },
});
