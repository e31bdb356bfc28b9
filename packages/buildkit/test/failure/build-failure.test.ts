import { describe, expect, test } from '@jest/globals';
import { buildFailure } from '../../src/failure/build-failure.js';

/** What a step that fails with status 1 after these lines is told as. */
function failed(name: string, lines: readonly string[], message = 'exit code: 1', network?: string) {
  return buildFailure({
    imageId: undefined,
    failure: { message },
    step: { id: '1', name },
    lastLines: [...lines],
    spec: { dockerfile: { path: '/Dockerfile', text: 'FROM x' }, ...(network === undefined ? {} : { network }) },
  });
}

describe('a message without measure', () => {
  test('still tells the exit code, which stands at its end', () => {
    const error = failed('RUN make', ['x'], `process "${'make '.repeat(400_000)}" did not complete: exit code: 7`);
    expect(error).toMatchObject({ code: 'BUILD_STEP_FAILED', details: { exitCode: 7 } });
  });

  test.each(['($', '\\"', '"a', 'base name ('])('is read in no time: %j', (part) => {
    const began = performance.now();
    const error = failed('FROM x', ['x'], `failed to solve: ${part.repeat(300_000)}`);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(error.code).toBe('BUILD_FAILED');
    expect(error.message.length).toBeLessThan(9000);
    expect(error.message).toContain('characters are left out');
  });
});

describe('a RUN that found no network', () => {
  test.each([
    "W: Failed to fetch http://deb.debian.org/  Temporary failure resolving 'deb.debian.org'",
    'curl: (6) Could not resolve host: example.com',
    "fatal: unable to access 'https://a.example/': Could not resolve host: a.example",
    'connect: Network is unreachable',
    "wget: bad address 'deb.debian.org'",
    'wget: unable to resolve host address ‘example.com’',
    'WARNING: fetching https://dl-cdn.alpinelinux.org/main: temporary error (try again later)',
    'WARNING: fetching https://dl-cdn.alpinelinux.org/main: DNS: transient error (try again later)',
    'npm error request to https://registry.npmjs.org/x failed, reason: getaddrinfo EAI_AGAIN registry.npmjs.org',
    "NewConnectionError('<HTTPSConnection>: Failed to establish a new connection: [Errno -3]')",
    'go: example.com/x@v1: dial tcp: lookup proxy.golang.org on 127.0.0.11:53: no such host',
  ])('is told of "--network host": %s', (line) => {
    const error = failed('RUN fetch', ['before', line, 'after']);
    expect(error.code).toBe('BUILD_STEP_FAILED');
    expect(error.hint).toContain('"--network host" (option "network")');
  });

  test('is told so by the words of the engine too', () => {
    expect(failed('[2/2] RUN fetch', [], 'executor failed running [fetch]: network bridge not found').hint).toContain(
      '--network host',
    );
  });

  test.each([
    ['the step has that network already', 'RUN fetch', 'Could not resolve host: x', 'host'],
    ['the log says something else', 'RUN fetch', 'make: *** [all] Error 2', undefined],
    ['it was no RUN', 'ADD https://a.example/x /x', 'dial tcp: lookup a.example: no such host', undefined],
  ])('is not when %s', (_, name, line, network) => {
    expect(failed(name, [line], 'exit code: 1', network).hint).not.toContain('--network');
  });
});

describe('a frontend that cannot be fetched', () => {
  const head = 'failed to solve with frontend dockerfile.v0: failed to do request: Head "https://r.example/v2/": ';
  test.each([
    ['resolve image config for r.example/my/frontend:1', `${head}dial tcp: connection refused`, 'REGISTRY_UNREACHABLE'],
    ['resolve image config for docker-image://r.example/my/frontend:1', `${head}EOF`, 'REGISTRY_UNREACHABLE'],
    ['docker-image://r.example/my/frontend:1', 'unexpected status from GET request: 503', 'REGISTRY_ERROR'],
    ['resolve image config for r.example/my/frontend:1', 'something else', 'PULL_FAILED'],
  ] as const)('is a failure of the environment: %s: %s', (step, message, code) => {
    const error = failed(step, [], message);
    expect(error).toMatchObject({ code, exitStatus: 3, retryable: true, details: { host: 'r.example' } });
    expect(error.message).toContain('the frontend "r.example/my/frontend:1"');
    expect(error.message).toContain(message);
    expect(error.hint).toContain('"r.example"');
  });

  test('says of credentials that only a trusted frontend is offered them', () => {
    const refused = 'failed to authorize: no basic auth credentials';
    const own = failed('resolve image config for docker.io/docker/dockerfile:1', [], refused);
    const other = failed('resolve image config for r.example/my/frontend:1', [], refused);
    expect([own.code, other.code]).toEqual(['AUTH_FAILED', 'AUTH_FAILED']);
    expect(own.hint).not.toContain('trustFrontend');
    expect(other.hint).toContain('trustFrontend');
  });
});

describe('an image beside the bases that cannot be fetched', () => {
  const generator = 'docker.io/docker/buildkit-syft-scanner:stable-1';
  const fetching = (image: string, text: string) =>
    buildFailure({
      imageId: undefined,
      failure: { message: `failed to resolve source metadata for ${image}: ${image}: not found` },
      step: { id: '1', name: `resolve image config for docker-image://${image}` },
      lastLines: [],
      spec: { dockerfile: { path: '/Dockerfile', text }, sbom: true },
    });

  test('is the generator of the SBOM, where the Dockerfile names no frontend', () => {
    const error = fetching(generator, 'FROM x');
    expect(error.message).toContain(`cannot fetch the generator of the SBOM, "${generator}"`);
    expect([error.code, error.hint]).toEqual(['IMAGE_NOT_FOUND', expect.stringContaining('--sbom=generator=IMAGE')]);
  });

  test('is the one of the two that the builder fetched, where it names one', () => {
    const text = '# syntax=docker/dockerfile:1\nFROM x';
    expect(fetching(generator, text).message).toContain('generator of the SBOM');
    expect(fetching('docker.io/docker/dockerfile:1', text).message).toContain('the frontend "docker.io/docker/');
  });
});

test('an annotation of an index that the image does not have tells how it gets one', () => {
  const error = failed('exporting to image', [], 'index annotations not supported for single platform export');
  expect(error.hint).toContain('--provenance');
});
