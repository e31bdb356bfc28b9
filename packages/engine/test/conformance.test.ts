import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fromAuths } from '../src/credentials/credential-store.js';
import { convertToHostname, registryMatches } from '../src/credentials/registry-host.js';
import { parseServerUrl } from '../src/credentials/server-url.js';
import { parseHost } from '../src/endpoint/parse-host.js';
import { parseSshUrl, sshArguments } from '../src/endpoint/ssh-url.js';
import { parseInsecureRegistries } from '../src/registry/insecure-registries.js';
import { type OciDocument, ociViolations } from '../src/registry/oci-schema.js';

interface VectorCase {
  readonly name?: string;
  readonly input: unknown;
  readonly expected: unknown;
}
interface VectorFile {
  readonly sets: Readonly<Record<string, { readonly cases: readonly VectorCase[] }>>;
}

const directory = process.env.DOCK_VECTORS ?? fileURLToPath(new URL('./vectors', import.meta.url));

function load(name: string): VectorFile {
  return JSON.parse(readFileSync(path.join(directory, `${name}.json`), 'utf8')) as VectorFile;
}

/** Sets that say nothing about this package, each with its reason. */
const notApplicable: Readonly<Record<string, string>> = {
  'docker-cli/parseRemoteURL': 'git sources are read by @dock/core, whose conformance test has them',
  'docker-cli/Clone_invalid_ref': 'git sources are read by @dock/core, whose conformance test has them',
  'docker-cli/checkout_fragments': 'git sources are read by @dock/core, whose conformance test has them',
  'docker-cli/isGitTransport': 'git sources are read by @dock/core, whose conformance test has them',
  'docker-cli/IsGitURL': 'git sources are read by @dock/core, whose conformance test has them',
  'oci-image-spec/imagelayout': 'dock reads no OCI layout directories',
};

/** Go's text of a failure: of a plain error, or of the DockError that carries it. */
function failure(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `{ error: true }` is any error, `{ error: text }` one that says so; anything else is the value. */
function expectOutcome(run: () => unknown, expected: unknown): void {
  const error = (expected as { error?: unknown } | null)?.error;
  if (error === undefined) expect(run()).toEqual(expected);
  else if (error === true) expect(failure(run)).toBeDefined();
  else expect(failure(run)).toContain(error);
}

function sshOutcome(input: unknown): unknown {
  const { url, remoteCommand } = input as { url: string; remoteCommand: string[] };
  const parsed = parseSshUrl(url);
  const spec = { User: parsed.user, Host: parsed.host, Port: parsed.port, Path: parsed.path };
  return {
    args: sshArguments(parsed, remoteCommand),
    spec: Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)),
  };
}

function findInAuths(input: unknown): unknown {
  const { registry, config } = input as {
    registry: string;
    config: { auths?: Record<string, Record<string, string>> };
  };
  const auths = new Map(Object.entries(config.auths ?? {}));
  const found = fromAuths(auths, registry, (key) => key);
  if (found === undefined) return null;
  // The e-mail address is no part of a credential any more; the vectors still carry it.
  const email = auths.get(found.origin)?.email;
  return {
    username: found.username,
    password: found.password,
    ...(email === undefined ? {} : { email }),
    registryAddress: found.registry,
  };
}

function insecureOutcome(input: unknown, expected: unknown): void {
  const list = input as string[];
  const { index } = expected as { index?: string };
  if (index === undefined) expectOutcome(() => parseInsecureRegistries(list), expected);
  else {
    const parsed = parseInsecureRegistries(list);
    expect([...parsed.hosts]).toContain(index);
    expect(parsed.isInsecure(index)).toBe(true);
  }
}

function schemaCheck(kind: OciDocument) {
  return (input: unknown, expected: unknown): void => {
    let violations: unknown[] = ['not JSON'];
    try {
      violations = ociViolations(kind, JSON.parse(input as string));
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
    }
    const { valid } = expected as { valid: boolean };
    if (valid) expect(violations).toEqual([]);
    else expect(violations).not.toEqual([]);
  };
}

type Runner = (input: unknown, expected: unknown) => void;
const outcome =
  (run: (input: unknown) => unknown): Runner =>
  (input, expected) =>
    expectOutcome(() => run(input), expected);

const runners: Readonly<Record<string, Runner>> = {
  'docker-hosts/ParseHost': outcome((input) => parseHost(input as string)),
  'docker-hosts/ssh_ParseURL': outcome(sshOutcome),
  'registry-auth/auths': outcome(findInAuths),
  'registry-auth/registryMatches': outcome((input) => registryMatches(...(input as [string, string]))),
  'credential-helper-urls/Parse': outcome((input) => parseServerUrl(input as string)),
  'docker-cli/ConvertToHostname': outcome((input) => convertToHostname(input as string)),
  'docker-cli/insecure_registries': insecureOutcome,
  'oci-image-spec/manifest': schemaCheck('manifest'),
  'oci-image-spec/config': schemaCheck('imageConfig'),
  'oci-image-spec/descriptor': schemaCheck('descriptor'),
  'oci-image-spec/imageindex': schemaCheck('index'),
};

const files = ['docker-hosts', 'registry-auth', 'credential-helper-urls', 'docker-cli', 'oci-image-spec'];
const sets = files.flatMap((file) =>
  Object.entries(load(file).sets).map(([set, { cases }]) => ({ set: `${file}/${set}`, cases })),
);

describe.each(sets.filter(({ set }) => runners[set] !== undefined))('vectors of $set', ({ set, cases }) => {
  test.each(
    cases.map((each, index) => ({ ...each, title: each.name ?? JSON.stringify(each.input)?.slice(0, 80), index })),
  )('case $index: $title', ({ input, expected }) => {
    expect.hasAssertions();
    runners[set]?.(input, expected);
  });
});

test('every set of every file is either run or listed with a reason', () => {
  const unknown = sets
    .map(({ set }) => set)
    .filter((set) => runners[set] === undefined && notApplicable[set] === undefined);
  expect(unknown).toEqual([]);
});

test('the vector files are there', () => {
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(files.map((file) => `${file}.json`)));
});

test('a refused host is an ENDPOINT_INVALID', () => {
  expect(() => parseHost('tcp://invalid:port')).toThrow(expect.objectContaining({ code: 'ENDPOINT_INVALID' }));
});
