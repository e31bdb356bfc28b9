import { expect, test } from '@jest/globals';
import { DockError } from '@dock/core';
import { buildQuery } from '../../src/build/build-query.js';
import { podmanQuery } from '../../src/build/podman-query.js';
import { specOf } from '../engine-fixture.js';

const spec = (more: Partial<ReturnType<typeof specOf>>) => specOf('/context', 'FROM scratch\n', more);
const queryOf = (more: Partial<ReturnType<typeof specOf>>) => podmanQuery(spec(more), buildQuery(spec(more)));

test('hosts and limits are lists in JSON', () => {
  expect(
    queryOf({ addHosts: ['db.test:10.0.0.2'], ulimits: [{ name: 'nofile', soft: 100, hard: 200 }] }),
  ).toMatchObject({ extrahosts: '["db.test:10.0.0.2"]', ulimits: '["nofile=100:200"]' });
});

test('what nobody asked for is not there, and everything else is what an engine gets', () => {
  expect(queryOf({ target: 'last' })).toEqual(buildQuery(spec({ target: 'last' })));
});

test('images for the cache are refused', () => {
  expect(() => queryOf({ cacheFrom: ['app:1'] })).toThrow(DockError);
  expect(() => queryOf({ cacheFrom: ['app:1'] })).toThrow(/"cacheFrom" cannot be used with podman/);
});
