import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  familiarImageReference,
  formatImageReference,
  isDockError,
  isImageReference,
  isSameImage,
  matchesImagePattern,
  parseDigest,
  parseImageIdOrReference,
  parseImageReference,
  registryHostOf,
  repositoryName,
  withDefaultTag,
  withDigest,
  withTag,
  type DockError,
  type ImageReference,
} from '../../src/index.js';

const sha = `sha256:${'a1'.repeat(32)}`;

function errorOf(run: () => unknown): DockError {
  try {
    run();
  } catch (error) {
    if (isDockError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('parseImageReference', () => {
  test.each<[string, ImageReference]>([
    ['ubuntu', { registry: 'docker.io', repository: 'library/ubuntu' }],
    ['ubuntu:22.04', { registry: 'docker.io', repository: 'library/ubuntu', tag: '22.04' }],
    ['index.docker.io/ubuntu', { registry: 'docker.io', repository: 'library/ubuntu' }],
    ['docker.io/library/ubuntu', { registry: 'docker.io', repository: 'library/ubuntu' }],
    ['prefix/image-name:1', { registry: 'docker.io', repository: 'prefix/image-name', tag: '1' }],
    ['a/b/c/d:1', { registry: 'docker.io', repository: 'a/b/c/d', tag: '1' }],
    ['localhost/img', { registry: 'localhost', repository: 'img' }],
    ['localhost:5000/a/b', { registry: 'localhost:5000', repository: 'a/b' }],
    ['registry:5000/image-name:latest', { registry: 'registry:5000', repository: 'image-name', tag: 'latest' }],
    ['Registry.IO/x', { registry: 'Registry.IO', repository: 'x' }],
    ['[::1]:5000/repo:tag', { registry: '[::1]:5000', repository: 'repo', tag: 'tag' }],
    [`reg.io/ns/img:tag@${sha}`, { registry: 'reg.io', repository: 'ns/img', tag: 'tag', digest: sha }],
    ['example.com:5000', { registry: 'docker.io', repository: 'library/example.com', tag: '5000' }],
  ])('reads %j', (text, expected) => {
    expect(parseImageReference(text)).toEqual(expected);
    expect(isImageReference(text)).toBe(true);
  });

  const general = 'Use [registry/]repository[:tag][@digest] in lower case.';

  test.each<[string, string, string, string]>([
    ['', 'empty', '', general],
    ['Foo/bar:tag!', 'format', 'tag!', general],
    ['Ubuntu', 'uppercase', 'library/Ubuntu', 'Write "ubuntu".'],
    ['docker/Docker:V1', 'uppercase', 'docker/Docker', 'Write "docker/docker:V1".'],
    [`ghcr.io/Me/App@${sha}`, 'uppercase', 'Me/App', `Write "ghcr.io/me/app@${sha}".`],
    [
      'a1'.repeat(32),
      'identifier',
      'a1'.repeat(32),
      `Write "docker.io/library/${'a1'.repeat(32)}" if a repository really has this name.`,
    ],
    [`reg.io/${'a'.repeat(256)}`, 'too-long', 'a'.repeat(256), general],
    ['a'.repeat(5000), 'too-long', `${'a'.repeat(77)}...`, general],
    ['repo:', 'format', ':', 'Write a tag after the colon, or leave the colon out.'],
    ['repo:.x', 'format', '.x', general],
    [`repo:${'x'.repeat(129)}`, 'format', 'x'.repeat(129), general],
    [
      'repo@sha256:short',
      'digest-length',
      'sha256:short',
      'Use the full digest: sha256: and 64 lower-case hex digits.',
    ],
    [
      `repo@md5:${'a'.repeat(32)}`,
      'digest-unsupported',
      `md5:${'a'.repeat(32)}`,
      'Use the full digest: sha256: and 64 lower-case hex digits.',
    ],
    ['repo@', 'digest-format', '', 'Use the full digest: sha256: and 64 lower-case hex digits.'],
    ['https://reg.io/app', 'format', 'https://', 'Write "reg.io/app".'],
    ['reg.io//app', 'format', '/app', general],
    ['reg.io/app/', 'format', 'app/', general],
    ['reg.io/', 'format', 'reg.io/', general],
    ['docker/-x', 'format', '-x', general],
    ['dock..er/x', 'format', 'dock..er', general],
    ['münchen.de/app', 'format', 'münchen.de', general],
    ['ɡhcr.io/app', 'format', 'ɡhcr.io', general],
    ['[fe80::1%eth0]:5000/x', 'format', '[fe80::1%eth0]:5000', general],
    ['::1/app', 'format', '::1', general],
    [' ubuntu', 'format', ' ', 'Write "ubuntu".'],
    ['ubuntu\n', 'format', '\n', 'Write "ubuntu".'],
    ['x/../../containers/abc', 'format', '..', general],
    ['a?force=1', 'format', 'a?force=1', general],
    [`@${sha}`, 'format', `@${sha}`, general],
  ])('refuses %j by the rule %s', (text, rule, part, hint) => {
    const error = errorOf(() => parseImageReference(text));
    expect(error.code).toBe('INVALID_IMAGE_NAME');
    expect(error.exitStatus).toBe(2);
    expect(error.details).toEqual({ rule, part });
    expect(error.hint).toBe(hint);
    expect(isImageReference(text)).toBe(false);
  });

  test('names the character that a tag cannot have', () => {
    expect(errorOf(() => parseImageReference('app:v1+2')).message).toBe(
      'The image name "app:v1+2" has the tag "v1+2", in which "+" is not allowed; a tag has letters, digits, "_", "." and "-".',
    );
  });
});

describe('the two written forms', () => {
  test.each([
    ['ubuntu:22.04', 'docker.io/library/ubuntu:22.04', 'ubuntu:22.04'],
    ['docker.io/library/a/b', 'docker.io/library/a/b', 'library/a/b'],
    ['docker.io/localhost/x', 'docker.io/localhost/x', 'docker.io/localhost/x'],
    ['docker.io/reg.io/x', 'docker.io/reg.io/x', 'docker.io/reg.io/x'],
    [`docker.io/${'b2'.repeat(32)}`, `docker.io/library/${'b2'.repeat(32)}`, `docker.io/library/${'b2'.repeat(32)}`],
    [`reg.io/a:1@${sha}`, `reg.io/a:1@${sha}`, `reg.io/a:1@${sha}`],
  ])('of %s are %s and %s', (text, full, familiar) => {
    const reference = parseImageReference(text);
    expect(formatImageReference(reference)).toBe(full);
    expect(familiarImageReference(reference)).toBe(familiar);
  });

  const alphabet = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const component = fc
    .tuple(alphabet, fc.constantFrom('.', '_', '__', '-', '---'), alphabet)
    .map((parts) => parts.join(''));
  const host = fc.oneof(
    fc.constantFrom('', 'localhost/', 'docker.io/', 'index.docker.io/', '[2001:db8::1]:443/', 'UPPER/'),
    fc.tuple(alphabet, fc.nat(65535)).map(([name, port]) => `${name}.example:${port}/`),
  );
  const text = fc
    .tuple(
      host,
      fc.array(fc.oneof(alphabet, component), { minLength: 1, maxLength: 4 }),
      fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/)),
      fc.boolean(),
    )
    .map(
      ([registry, path, tag, digested]) =>
        `${registry}${path.join('/')}${tag === null ? '' : `:${tag}`}${digested ? `@${sha}` : ''}`,
    );

  test('parse back to the same reference', () => {
    fc.assert(
      fc.property(text, (written) => {
        const reference = parseImageReference(written);
        expect(parseImageReference(formatImageReference(reference))).toEqual(reference);
        expect(parseImageReference(familiarImageReference(reference))).toEqual(reference);
      }),
      { numRuns: 500 },
    );
  });

  test('come from any text that is accepted, and every other text gives a DockError', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.stringMatching(/^[a-zA-Z:@/._\-0-9]{1,30}$/)),
        (written) => {
          const again = (): string => formatImageReference(parseImageReference(written));
          const outcome = isImageReference(written)
            ? formatImageReference(parseImageReference(again())) === again()
            : errorOf(again).code;
          expect([true, 'INVALID_IMAGE_NAME']).toContain(outcome);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('small changes and questions', () => {
  const app = parseImageReference('reg.io/app:1');

  test('a tag is replaced and a digest stays', () => {
    expect(withTag({ ...app, digest: sha }, '2')).toEqual({
      registry: 'reg.io',
      repository: 'app',
      tag: '2',
      digest: sha,
    });
    expect(errorOf(() => withTag(app, '-x')).message).toBe('"-x" is not a tag for "reg.io/app:1".');
  });

  test('a digest is checked in full', () => {
    expect(withDigest(app, sha).digest).toBe(sha);
    expect(errorOf(() => withDigest(app, 'sha256:abcdef')).message).toBe(
      'The digest "sha256:abcdef" has the wrong number of hex digits (6 instead of 64).',
    );
    expect(parseDigest(sha)).toEqual({ algorithm: 'sha256', encoded: 'a1'.repeat(32) });
  });

  test('the default tag is added only where neither tag nor digest is', () => {
    expect(withDefaultTag(parseImageReference('a')).tag).toBe('latest');
    expect(withDefaultTag(parseImageReference(`a@${sha}`)).tag).toBeUndefined();
    expect(withDefaultTag(app).tag).toBe('1');
  });

  test('Docker Hub is served by another host than it is named after', () => {
    expect(registryHostOf(parseImageReference('ubuntu'))).toBe('registry-1.docker.io');
    expect(registryHostOf(app)).toBe('reg.io');
    expect(repositoryName(app)).toBe('reg.io/app');
  });

  test.each([
    ['ubuntu', 'docker.io/library/ubuntu:latest', true],
    ['ubuntu', 'ubuntu:22.04', false],
    [`ubuntu:1@${sha}`, `ubuntu:2@${sha}`, true],
    [`ubuntu:1@${sha}`, 'ubuntu:1', false],
    ['reg.io/ubuntu', 'ubuntu', false],
  ])('whether %s and %s are one image: %s', (one, other, expected) => {
    expect(isSameImage(parseImageReference(one), parseImageReference(other))).toBe(expected);
  });

  test('an image ID is told from a name', () => {
    expect(parseImageIdOrReference('a1'.repeat(32))).toEqual({ id: sha });
    expect(parseImageIdOrReference(sha)).toEqual({ id: sha });
    expect(parseImageIdOrReference('a1a1')).toEqual({
      reference: { registry: 'docker.io', repository: 'library/a1a1' },
    });
  });

  test.each([
    ['*/foo/c/baz', 'example.com/foo/c/baz:tag', true],
    ['ubuntu', 'docker.io/library/ubuntu:22.04', true],
    ['ubuntu:2?.04', 'ubuntu:22.04', true],
    ['u[^b]*', 'ubuntu', false],
    ['u[a-c]untu', 'ubuntu', true],
    ['\\*', 'ubuntu', false],
    ['*', 'a/b', false],
  ])('the pattern %s on %s: %s', (pattern, text, expected) => {
    expect(matchesImagePattern(pattern, parseImageReference(text))).toBe(expected);
  });

  test.each(['[-x]', '[', '[]', '[a', '[a-', 'x\\', '[x-]'])('the pattern %s is malformed', (pattern) => {
    expect(errorOf(() => matchesImagePattern(pattern, app)).code).toBe('INVALID_OPTION');
  });
});

describe('credentials in a name', () => {
  test.each([
    ['http://user:tok3n@host/x', 'http://***@host/x'],
    ['https://tok3n@host:5000/x:1', 'https://***@host:5000/x:1'],
    ['u:tok3n@host/x:1', '***@host/x:1'],
    ['tok3n@localhost:5000/x', '***@localhost:5000/x'],
  ])('%s is refused, and not shown', (text, shown) => {
    const error = errorOf(() => parseImageReference(text));
    expect(error).toMatchObject({ code: 'INVALID_IMAGE_NAME', hint: expect.stringContaining('docker login') });
    expect(error.message).toContain(`"${shown}" has credentials`);
    expect(JSON.stringify(error)).not.toContain('tok3n');
  });

  test.each(['app:1@sha256:12', 'app@sha256', 'host/app@x:y'])('%s has a digest, a wrong one', (text) => {
    expect(errorOf(() => parseImageReference(text)).message).not.toContain('credentials');
  });
});
