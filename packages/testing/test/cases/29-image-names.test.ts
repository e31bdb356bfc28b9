import { expect, test } from '@jest/globals';
import { runCase } from './dock-case.js';
import { withFakeBuild } from './fake-build.js';
import { holdToPage } from './held-to-page.js';

holdToPage(29);

const given = withFakeBuild();

test.each([
  ['Foo/bar:tag!', 'tag!'],
  ['foo/Bar', 'Bar'],
  ['a'.repeat(64), 'a'.repeat(64)],
  [`r.example.com/${'p'.repeat(256)}`, '255'],
  ['repo:', 'repo:'],
  ['repo@sha256:short', 'short'],
])('the image name %s', async (name, part) => {
  const { project, fake, env } = given();
  await runCase(project, ['build', '--tag', name], { status: 2, code: 'INVALID_IMAGE_NAME', says: [part] }, { env });
  expect(fake.requests).toEqual([]);
});
