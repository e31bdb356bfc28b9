import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fromAuths } from '../../registry/src/credentials/credential-store.js';
import { convertToHostname, registryMatches } from '../../registry/src/credentials/registry-host.js';
import { parseServerUrl } from '../../registry/src/credentials/server-url.js';
import { parseHost } from '../src/endpoint/parse-host.js';
import { parseSshUrl, sshArguments } from '../src/endpoint/ssh-url.js';
import { parseInsecureRegistries } from '../../registry/src/client/insecure-registries.js';
import { type OciDocument, ociViolations } from '../../registry/src/client/oci-schema.js';
import { ownFiles, planVectors } from '../../core/test/conformance/plan-vectors.js';
import type { CaseRunner } from '../../core/test/conformance/vector-file.js';
import { patternmatcherRunners } from './conformance/patternmatcher.js';
import { tarBreakoutRunners } from './conformance/tar-breakout.js';

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
  const found = fromAuths(
    auths.keys(),
    registry,
    (key) => key,
    (key) => auths.get(key) ?? {},
  );
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

const insecureOutcome: CaseRunner = ({ input, expected }) => {
  const list = input as string[];
  const { index } = expected as { index?: string };
  if (index === undefined) expectOutcome(() => parseInsecureRegistries(list), expected);
  else {
    const parsed = parseInsecureRegistries(list);
    expect([...parsed.hosts]).toContain(index);
    expect(parsed.isInsecure(index)).toBe(true);
  }
};

function schemaCheck(kind: OciDocument): CaseRunner {
  return ({ input, expected }) => {
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

const outcome =
  (run: (input: unknown) => unknown): CaseRunner =>
  ({ input, expected }) =>
    expectOutcome(() => run(input), expected);

const isCores = 'git sources are read by @dock/core, whose conformance test has them';

const sets = planVectors({
  directory: join(import.meta.dirname, 'vectors'),
  runners: {
    'docker-hosts.json': {
      ParseHost: outcome((input) => parseHost(input as string)),
      ssh_ParseURL: outcome(sshOutcome),
    },
    'registry-auth.json': {
      auths: outcome(findInAuths),
      registryMatches: outcome((input) => registryMatches(...(input as [string, string]))),
    },
    'credential-helper-urls.json': { Parse: outcome((input) => parseServerUrl(input as string)) },
    'docker-cli.json': {
      ConvertToHostname: outcome((input) => convertToHostname(input as string)),
      insecure_registries: insecureOutcome,
    },
    'oci-image-spec.json': {
      manifest: schemaCheck('manifest'),
      config: schemaCheck('imageConfig'),
      descriptor: schemaCheck('descriptor'),
      imageindex: schemaCheck('index'),
    },
    'patternmatcher.json': patternmatcherRunners,
    'tar-breakout.json': tarBreakoutRunners,
  },
  notApplicable: [],
  otherSets: {
    'docker-cli.json/parseRemoteURL': isCores,
    'docker-cli.json/Clone_invalid_ref': isCores,
    'docker-cli.json/checkout_fragments': isCores,
    'docker-cli.json/isGitTransport': isCores,
    'docker-cli.json/IsGitURL': isCores,
    'oci-image-spec.json/imagelayout': 'dock reads no OCI layout directories',
  },
});

test.each(ownFiles('engine'))("the repository's copy of %s names its source and its licence", (file) => {
  const { source } = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors', file), 'utf8')) as {
    source: unknown;
  };
  expect(source).toMatchObject({ repo: expect.any(String), commit: expect.any(String), licence: expect.any(String) });
});

describe.each(sets)('$title', ({ tests }) => {
  test.each(tests)('$title', async ({ run }) => {
    await run();
    expect.hasAssertions();
  });
});

test('a refused host is an ENDPOINT_INVALID', () => {
  expect(() => parseHost('tcp://invalid:port')).toThrow(expect.objectContaining({ code: 'ENDPOINT_INVALID' }));
});
