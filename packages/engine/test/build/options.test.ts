import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { refuseUntrustedFrontend, untrustedFrontend } from '../../../buildkit/src/build/untrusted-frontend.js';
import { fieldText, ProtoWriter, readFields } from '../../../buildkit/src/session/protobuf.js';
import { secretsService } from '../../../buildkit/src/session/secrets-service.js';
import type { SessionService, SessionStream } from '../../../buildkit/src/session/service.js';
import { sshService } from '../../../buildkit/src/session/ssh/ssh-service.js';
import { errorOf, specOf } from '../engine-fixture.js';

const stream = (more: Partial<SessionStream> = {}): SessionStream => ({
  metadata: new Map(),
  signal: new AbortController().signal,
  messages: (async function* () {})(),
  send: async () => undefined,
  ...more,
});

async function ask(service: SessionService, method: string, id: string): Promise<string> {
  const found = service.methods[method];
  if (found?.kind !== 'unary') throw new Error(`${method} is not unary`);
  const [field] = readFields(await found.handle(new ProtoWriter().text(1, id).finish(), stream()));
  return field === undefined ? '' : fieldText(field);
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-options-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('secrets', () => {
  test('come from files and variables, and are announced before they are sent', async () => {
    const file = join(directory, 'a');
    writeFileSync(file, 'first line of it\nab\nthird line of it\n');
    const told: string[] = [];
    const service = secretsService(
      [
        { id: 'a', file },
        { id: 'b', env: 'TOKEN' },
      ],
      { env: { TOKEN: 'of-the-variable' }, addSecret: (value) => told.push(value) },
    );
    expect(await ask(service, 'GetSecret', 'a')).toBe('first line of it\nab\nthird line of it\n');
    expect(await ask(service, 'GetSecret', 'b')).toBe('of-the-variable');
    expect(told).toEqual([
      'first line of it\nab\nthird line of it',
      'first line of it',
      'third line of it',
      'of-the-variable',
    ]);
  });

  test('that nobody gave are not found', async () => {
    await expect(ask(secretsService([]), 'GetSecret', 'x')).rejects.toMatchObject({
      code: 5,
      message: 'secret x not found',
    });
  });

  test.each([
    ['a file that is not there', 'absent', /cannot be read \(ENOENT\)/],
    ['a directory', '.', /not a regular file/],
    ['more than 500 KiB', 'big', /larger than 512000 bytes/],
  ])('from %s fail, and the fault is ours', async (_, name, message) => {
    writeFileSync(join(directory, 'big'), Buffer.alloc(512_001));
    const faults: unknown[] = [];
    const service = secretsService([{ id: 'a', file: join(directory, name) }], {
      onFault: (fault) => faults.push(fault),
    });
    const error = await errorOf(ask(service, 'GetSecret', 'a'));
    expect(error).toMatchObject({ code: 'INVALID_OPTION', message: expect.stringMatching(message) });
    expect(faults).toEqual([error]);
  });

  test('from a variable that is not set, or that only the prototype has, fail', async () => {
    const service = secretsService([{ id: 'a', env: 'toString' }], { env: {} });
    expect(await errorOf(ask(service, 'GetSecret', 'a'))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('ssh', () => {
  let server: Server;
  const socket = (): string => join(directory, 'agent');
  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }, (connection) => {
      connection.on('data', (data) => connection.write(data.toString().toUpperCase()));
      connection.on('end', () => connection.end('bye'));
    });
    await new Promise<void>((resolve) => server.listen(socket(), resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  async function forward(id: string | undefined): Promise<string> {
    const { ForwardAgent } = sshService([{ id: 'default', socket: socket() }]).methods;
    if (ForwardAgent?.kind !== 'stream') throw new Error('ForwardAgent is no stream');
    const answers: string[] = [];
    await ForwardAgent.handle(
      stream({
        metadata: new Map(id === undefined ? [] : [['buildkit.ssh.id', [id]]]),
        messages: (async function* () {
          yield new ProtoWriter().bytes(1, Buffer.from('hello ')).finish();
        })(),
        send: async (message) => void answers.push(readFields(message).map(fieldText).join('')),
      }),
    );
    return answers.join('');
  }

  test.each([undefined, '', 'default'])('forwards bytes both ways until the agent ends, for the ID %p', async (id) => {
    expect(await forward(id)).toBe('HELLO bye');
  });

  test('knows only the IDs that were given', async () => {
    await expect(forward('other')).rejects.toMatchObject({ code: 5, message: 'unset ssh forward key other' });
    const service = sshService([{ id: 'default', socket: socket() }]);
    await expect(ask(service, 'CheckAgent', 'other')).rejects.toMatchObject({ code: 5 });
    expect(await ask(service, 'CheckAgent', '')).toBe('');
  });
});

describe('a frontend', () => {
  const secrets = [{ id: 'a', env: 'A' }];
  test.each([
    ['FROM x', {}, undefined],
    ['# syntax=docker/dockerfile:1\nFROM x', {}, undefined],
    ['# syntax=docker.io/docker/dockerfile-upstream:master\nFROM x', {}, undefined],
    ['# syntax=mirror.example.com/docker/dockerfile:1\nFROM x', {}, 'mirror.example.com/docker/dockerfile:1'],
    ['FROM x', { BUILDKIT_SYNTAX: 'evil/frontend' }, 'evil/frontend'],
    ['# syntax=evil/frontend\nFROM x', { BUILDKIT_SYNTAX: 'docker/dockerfile:1' }, 'evil/frontend'],
  ] as const)('of %j with the arguments %j: not trusted is %p', (text, buildArgs, expected) => {
    const spec = specOf(directory, text, { buildArgs, secrets });
    expect(untrustedFrontend(spec)).toBe(expected);
    let told = 'nothing';
    try {
      refuseUntrustedFrontend(spec);
    } catch (error) {
      told = String(error);
    }
    expect(told).toContain(expected ?? 'nothing');
    expect(untrustedFrontend({ ...spec, trustFrontend: true })).toBeUndefined();
  });
});
