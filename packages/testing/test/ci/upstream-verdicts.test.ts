import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { intended, judge } from '../../../../.ci/upstream-verdicts.mjs';

const page = readFileSync(new URL('../../../../docs/reference/differences.md', import.meta.url), 'utf8');
const exits = (docker: number, dock: number, message = '', error = '') => ({
  id: 'a',
  verdict: 'differ-exit',
  docker: { rc: docker, error },
  dock: { rc: dock, error: { message } },
});
const differs = (...diff: string[]) => ({ id: 'a', verdict: 'differ-image', docker: { rc: 0 }, dock: { rc: 0 }, diff });
const ignoring = (p: string, c = '') => ({ files: [{ p, c }] });

test('every intended difference is a row of the page', () => {
  const rows = [...page.matchAll(/^\| ([^|]+) \|/gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(Object.keys(intended)));
});

test.each([
  ['agreed', { id: 'a', verdict: 'both-fail' }, {}, 'buildkit', undefined],
  [
    'intended',
    differs('d: m docker 755 dock 775, mtime docker 2 dock 1'),
    ignoring('.dockerignore', 'a\n!b'),
    'classic',
    'allow-lists',
  ],
  [
    'disagreed',
    differs('d: m docker 755 dock 775, mtime docker 2 dock 1'),
    ignoring('.dockerignore', 'a\n!b'),
    'buildkit',
    undefined,
  ],
  ['disagreed', differs('d: only docker (0 644)'), ignoring('.dockerignore', 'a\n!b'), 'classic', undefined],
  ['intended', differs('d: only docker (0 644)'), ignoring('x/Dockerfile.dockerignore'), 'classic', 'own ignore file'],
  ['intended', differs('d: mtime docker 9 dock 1'), {}, 'buildkit', 'kept contexts'],
  ['disagreed', differs('d: mtime docker 1 dock 9'), {}, 'buildkit', undefined],
  ['disagreed', differs('d: mtime docker 9 dock 1', 'e: only dock (0 644)'), {}, 'buildkit', undefined],
  ['disagreed', differs('d: mtime docker 9 dock 1'), {}, 'classic', undefined],
  ['intended', exits(0, 2, 'the variable "T" of the secret "t" is not set'), {}, 'buildkit', 'unset secret'],
  ['disagreed', exits(0, 2, 'the file "t" of the secret "t" cannot be read'), {}, 'buildkit', undefined],
  [
    'intended',
    exits(0, 2, 'The option "cpusetCpus" cannot be used with the builder "buildkit": why.'),
    {},
    'buildkit',
    'limits of BuildKit',
  ],
  ['intended', exits(125, 0), {}, 'classic', 'newer words'],
  ['disagreed', exits(1, 0), {}, 'classic', undefined],
  [
    'chance',
    differs('u: c docker a1 dock b2'),
    { Dockerfile: 'RUN head -c 9 /dev/urandom > u' },
    'buildkit',
    undefined,
  ],
  ['disagreed', differs('u: c docker a1 dock b2'), { Dockerfile: 'RUN echo 1 > u' }, 'buildkit', undefined],
])('it is %s: %j of %j with %s: %s', (is, result, input, builder, row) => {
  expect(judge(result, input, builder)).toEqual(row === undefined ? { is } : { is, row });
});
