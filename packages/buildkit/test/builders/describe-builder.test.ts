import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { errorOf } from '../../../engine/test/engine-fixture.js';
import { connectBuilder } from '../../src/builders/connect-builder.js';
import {
  currentBuilder,
  currentBuilderName,
  describeBuilder,
  describeBuilders,
} from '../../src/builders/describe-builder.js';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-buildx-'));
  mkdirSync(join(directory, 'instances'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const contexts = new Set(['ctx']);
const home = () => ({
  env: { BUILDX_CONFIG: directory },
  homeDir: '/nowhere',
  cwd: '/work',
  hasContext: async (name: string) => contexts.has(name),
});
const named = (name: string) => describeBuilder({ kind: 'name', name }, home());
const store = (name: string, text: unknown): void =>
  writeFileSync(join(directory, 'instances', name), typeof text === 'string' ? text : JSON.stringify(text));

/** As buildx 0.13 and 0.29 write it. */
const instance = (Name: string, Driver: string, ...Nodes: readonly object[]) => ({
  Name,
  Driver,
  Nodes: Nodes.map((node) => ({ Platforms: null, DriverOpts: null, Flags: null, Files: null, ...node })),
  Dynamic: false,
});

describe('a builder of buildx', () => {
  test('of the driver docker-container is in the container that buildx names after its node', async () => {
    const node = {
      Name: 'box0',
      Endpoint: 'ctx',
      Platforms: [{ architecture: 'arm', os: 'linux', variant: 'v7' }],
      Flags: ['--allow-insecure-entitlement', 'network.host', '--allow-insecure-entitlement=security.insecure'],
    };
    store('box', instance('Box', 'docker-container', node));
    expect(await named('BOX')).toEqual({
      name: 'Box',
      driver: 'docker-container',
      nodes: [
        {
          name: 'box0',
          endpoint: 'ctx',
          place: {
            kind: 'container',
            engine: 'ctx',
            container: 'buildx_buildkit_box0',
            boot: 'docker buildx inspect --bootstrap Box',
          },
          platforms: ['linux/arm/v7'],
          entitlements: ['network.host', 'security.insecure'],
        },
      ],
    });
  });

  test.each([
    ['tcp://10.0.0.1:1234', { kind: 'tcp', hostname: '10.0.0.1', port: 1234 }],
    ['unix:///run/b.sock', { kind: 'unix', socketPath: '/run/b.sock' }],
    ['docker-container://box?context=ctx', { kind: 'container', container: 'box', engine: 'ctx' }],
  ])('of the driver remote may be at "%s"', async (Endpoint, place) => {
    store('far', instance('far', 'remote', { Name: 'far0', Endpoint }));
    expect((await named('far')).nodes).toMatchObject([{ place }]);
  });

  test.each([
    ['kubernetes', 'kubernetes:///x?deployment=&kubeconfig=', /driver "kubernetes"/, /--driver remote/],
    ['remote', 'ssh://host', /"ssh:\/\/"/, /Forward/],
    ['cloud', 'org/builder', /driver "cloud"/, /tcp:\/\//],
  ])('of the driver %s at "%s" is known, and refused when it is asked', async (driver, Endpoint, message, hint) => {
    store('k', instance('k', driver, { Name: 'k0', Endpoint }));
    const builder = await named('k');
    expect(builder).toMatchObject({ name: 'k', driver, nodes: [{ name: 'k0' }] });
    const reach = async (): Promise<never> => {
      throw new Error('nobody needs an engine');
    };
    const error = await errorOf(connectBuilder(builder, { reach }));
    expect(error).toMatchObject({ code: 'BUILDER_UNSUPPORTED', exitStatus: 2, details: { builder: 'k', node: 'k0' } });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test('wins over a docker context of its name, and a name that is neither is said with those that there are', async () => {
    expect((await named('ctx')).nodes).toMatchObject([{ place: { kind: 'engine', engine: 'ctx' } }]);
    store('ctx', instance('ctx', 'remote', { Name: 'ctx0', Endpoint: 'tcp://h:1' }));
    expect((await named('ctx')).driver).toBe('remote');
    const error = await errorOf(named('other'));
    expect(error.code).toBe('BUILDER_NOT_FOUND');
    expect(error.hint).toContain('"ctx"');
  });

  test('TLS files are those of the node', async () => {
    const DriverOpts = { cacert: '/ca.pem', cert: '/c.pem', key: '/k.pem', servername: 'name', 'default-load': 'true' };
    store('far', instance('far', 'remote', { Name: 'far0', Endpoint: 'tcp://h:1', DriverOpts }));
    const tls = { ca: '/ca.pem', cert: '/c.pem', key: '/k.pem', serverName: 'name' };
    expect((await named('far')).nodes).toMatchObject([{ place: { kind: 'tcp', tls } }]);
  });

  test.each([
    ['no JSON', '{"Name":"x", "DriverOpts":{"token":"hunter2"}', /not valid JSON/],
    ['no object', '[]', /not an object/],
    ['no nodes', instance('x', 'remote'), /names no node/],
    ['a node that is none', { Name: 'x', Driver: 'remote', Nodes: [7] }, /"Nodes\[0\]" that is not an object/],
    ['an endpoint that is none', instance('x', 'remote', { Name: 'x0', Endpoint: 'tcp://h' }), /no address/],
    ['a platform that is none', instance('x', 'remote', { Endpoint: 'tcp://h:1', Platforms: [{}] }), /platform/],
  ])('with %s is refused with its file', async (_what, text, message) => {
    store('x', text);
    const error = await errorOf(named('x'));
    expect(error.code).toBe('BUILDER_INVALID');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(join(directory, 'instances', 'x'));
    expect(error.message).not.toContain('hunter2');
  });

  test('one that cannot be read hides no other', async () => {
    store('bad', '{');
    store('good', instance('good', 'remote', { Name: 'good0', Endpoint: 'tcp://h:1' }));
    expect(await describeBuilders(home())).toMatchObject([
      { name: 'engine' },
      { name: 'bad', error: { code: 'BUILDER_INVALID' } },
      { name: 'good', driver: 'remote' },
    ]);
  });

  test('that is current has its name whatever its entry says, and a choice that cannot be read is an error', async () => {
    mkdirSync(join(directory, 'instances'), { recursive: true });
    writeFileSync(join(directory, 'instances', 'bad'), '{');
    writeFileSync(join(directory, 'current'), '{"Key":"ctx","Name":"bad","Global":false}');
    expect(await currentBuilderName('ctx', home())).toBe('bad');
    writeFileSync(join(directory, 'current'), '{');
    await expect(currentBuilderName('ctx', home())).rejects.toMatchObject({ code: 'BUILDER_INVALID' });
  });

  test('that is current and gone is none', async () => {
    writeFileSync(join(directory, 'current'), '{"Key":"ctx","Name":"gone","Global":false}');
    expect(await currentBuilder('ctx', home())).toBeUndefined();
  });

  test('a broken node of TLS is refused before anybody is asked', async () => {
    const builder = await describeBuilder(
      { kind: 'address', address: 'tcp://127.0.0.1:1', tls: { ca: 'missing.pem' } },
      home(),
    );
    const reach = async (): Promise<never> => {
      throw new Error('nobody needs an engine');
    };
    const error = await errorOf(connectBuilder(builder, { reach }));
    expect(error).toMatchObject({ code: 'BUILDER_INVALID' });
    expect(error.message).toContain('"/work/missing.pem"');
  });
});
