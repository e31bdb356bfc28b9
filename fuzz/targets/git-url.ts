import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isGitUrl, parseGitSource } from '../../packages/core/src/index.js';
import { mutated, wordSoup } from '../arbitraries.js';
import { fuzzTarget, orDockError } from '../fuzz-target.js';
import { vectorInputs } from './seeds.js';

const words = [
  'https',
  'http',
  'ssh',
  'git',
  'file',
  'ext',
  '://',
  '::',
  '@',
  ':',
  '/',
  '//',
  '#',
  '?',
  '&',
  '=',
  'ref=',
  'tag=',
  'branch=',
  'subdir=',
  'submodules',
  'commit=',
  'keep-git-dir=',
  '..',
  '.',
  '-',
  '%2f',
  '%00',
  '%',
  ' ',
  '\n',
  'user',
  'pass-word',
  'github.com/',
  'example.com',
  'repo.git',
  '[::1]',
  '127.0.0.1',
  '--upload-pack=x',
  'é',
];
const seeds = [
  ...vectorInputs('core/test/vectors/buildkit-git.json'),
  'https://user:pass-word@example.com/team/repo.git#main:sub/dir',
  'git@github.com:owner/name.git?branch=x&subdir=y',
];

export const gitUrl = fuzzTarget({
  name: 'git-url',
  input: fc.oneof({ weight: 3, arbitrary: mutated(seeds, words) }, wordSoup(words)),
  check(text) {
    isGitUrl(text);
    const source = orDockError(() => parseGitSource(text, { allowedSchemes: ['http', 'git', 'file'] }));
    if (source === undefined) return;
    const { url, displayUrl, ref, subdir, credentials } = source;
    assert.ok(!url.startsWith('-') && !/[\p{Cc} ]/u.test(url), url);
    assert.match(url, /^(?:(?:https?|ssh|git|file):\/\/|[a-z0-9_-]+@)/i);
    assert.ok(
      ref === undefined || (ref !== '' && !ref.startsWith('-') && !ref.includes('..') && !ref.includes(':')),
      ref,
    );
    assert.ok(
      subdir === undefined || !subdir.split('/').some((part) => part === '..' || part === '' || part === '.'),
      subdir,
    );
    // Git is given no credentials, and what people see has none.
    const password = credentials?.password ?? '';
    if (!url.startsWith('ssh') && url.includes('://')) assert.ok(!/^[a-z]+:\/\/[^/]*@/i.test(url), url);
    if (password === 'pass-word')
      assert.ok(!displayUrl.slice(0, displayUrl.indexOf('@')).includes(password), displayUrl);
    // What git is given reads as itself.
    const again = orDockError(() => parseGitSource(url, { allowedSchemes: ['http', 'git', 'file'] }));
    assert.equal(again?.url, url);
    assert.equal(again?.ref, undefined);
  },
});
