import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BuildSpec, EngineEvent, EnginePort } from '@dock/core';
import { engineKinds, baseImage, engineRequest, rigTool, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { isUnsupported } from '@dock/core/internal';
import { builderAbility } from '../../src/build/choose-builder.js';
import { sshKeys } from '../../../core/test/secrets/ssh-keys.js';
import { errorOf, portTo, specOf } from '../engine-fixture.js';

let directory: string;
let contextDir: string;
let agent: { readonly pid: number; readonly socket: string };
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'dock-options-rig-'));
  contextDir = join(directory, 'context');
  mkdirSync(contextDir);
  writeFileSync(join(contextDir, 'secret'), 'value-of-the-file');
  // The base has no client of agents: the rig's own goes into the context, with its libraries.
  const tree = join(dirname(rigTool('ssh-add')), '..');
  const client = join(tree, 'usr/bin/ssh-add');
  const env = { LD_LIBRARY_PATH: join(tree, 'usr/lib/x86_64-linux-gnu') };
  const libraries = [...execFileSync('/usr/bin/ldd', [client], { encoding: 'utf8', env }).matchAll(/(\/\S+) \(0x/g)];
  for (const file of [client, ...libraries.map(([, path = '']) => path)])
    copyFileSync(file, join(contextDir, basename(file)));
  for (const { name, private: text, public: half } of sshKeys) {
    writeFileSync(join(directory, name), text);
    const [algorithm] = /(?:ssh|ecdsa)-[\w-]+/.exec(Buffer.from(half, 'base64').toString('latin1')) ?? [];
    writeFileSync(join(contextDir, `${name}.pub`), `${algorithm} ${half}\n`);
  }
  const socket = join(directory, 'agent');
  const told = execFileSync(rigTool('ssh-agent'), ['-s', '-a', socket], { encoding: 'utf8' });
  agent = { socket, pid: Number(/SSH_AGENT_PID=(\d+)/.exec(told)?.[1]) };
});
afterAll(() => {
  process.kill(agent.pid);
  // An engine leaves the group that its containers were put under.
  for (const root of ['/sys/fs/cgroup', ...readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name))])
    for (const group of [join(root, controlGroup, 'buildkit'), join(root, controlGroup)])
      if (existsSync(group)) rmdirSync(group);
  rmSync(directory, { recursive: true, force: true });
});

interface Case {
  readonly option: keyof BuildSpec;
  readonly more: () => Partial<BuildSpec>;
  /** What follows `FROM busybox:1`. */
  readonly text: string;
  /** What a step prints when the option has its effect. */
  readonly prints?: RegExp;
}

const controlGroup = `dock-options-${process.pid}`;
const unique = (): string => `${process.pid}-${Math.random()}`;
const cases: readonly Case[] = [
  {
    option: 'buildArgs',
    more: () => ({ buildArgs: { WHO: 'it-is-me' } }),
    text: 'ARG WHO\nRUN echo "is=$WHO"',
    prints: /is=it-is-me/,
  },
  {
    option: 'network',
    more: () => ({ network: 'none' }),
    text: 'RUN echo "links=$(ls /sys/class/net | grep -cv lo)"',
    prints: /links=0/,
  },
  {
    option: 'addHosts',
    more: () => ({ addHosts: ['some.host:10.9.8.7'] }),
    text: 'RUN echo "hosts=$(grep -c "10.9.8.7.*some.host" /etc/hosts)"',
    prints: /hosts=1/,
  },
  {
    option: 'shmSize',
    more: () => ({ shmSize: 33_554_432 }),
    text: `RUN echo "shm=$(df -k /dev/shm | awk 'NR==2{print $2}')"`,
    prints: /shm=32768/,
  },
  {
    option: 'ulimits',
    more: () => ({ ulimits: [{ name: 'nofile', soft: 321, hard: 654 }] }),
    text: 'RUN echo "files=$(ulimit -Sn)/$(ulimit -Hn)"',
    prints: /files=321\/654/,
  },
  {
    option: 'cgroupParent',
    more: () => ({ cgroupParent: `/${controlGroup}` }),
    text: 'RUN echo "group=$(cat /proc/self/cgroup | tr "\\n" " ")"',
    // With version 2 of control groups a step sees its own as the root.
    prints: new RegExp(`group=(?:.*:/${controlGroup}/|0::/ )`),
  },
  {
    option: 'secrets',
    more: () => ({
      secrets: [
        { id: 'a', file: join(contextDir, 'secret') },
        { id: 'b', env: 'TOKEN' },
      ],
    }),
    text: 'RUN --mount=type=secret,id=a --mount=type=secret,id=b --mount=type=secret,id=none echo "secrets=$(wc -c < /run/secrets/a)/$(md5sum < /run/secrets/b)/$(ls /run/secrets | wc -l)"',
    prints: /secrets=17\/2b8114bb4f5c163cebc58766bb5c157a {2}-\/2/,
  },
  {
    option: 'ssh',
    more: () => ({ ssh: [{ id: 'default', socket: agent.socket }] }),
    text: 'COPY . /ssh\nRUN --mount=type=ssh echo "answer=$(/ssh/ld-linux-x86-64.so.2 --library-path /ssh /ssh/ssh-add -l 2>&1)"',
    prints: /answer=The agent has no identities/,
  },
  {
    option: 'ssh',
    more: () => ({ ssh: [{ id: 'default', keys: sshKeys.map(({ name }) => join(directory, name)) }] }),
    text: `COPY . /ssh\nRUN --mount=type=ssh client="/ssh/ld-linux-x86-64.so.2 --library-path /ssh /ssh/ssh-add"; for key in ${sshKeys.map(({ name }) => name).join(' ')}; do $client -L | grep -qFf /ssh/$key.pub && $client -T /ssh/$key.pub && echo "signed=$key"; done; $client -D 2>&1 | head -1`,
    prints: new RegExp(
      `${sshKeys.map(({ name }) => `signed=${name}`).join('.*')}.*Failed to remove all identities`,
      's',
    ),
  },
];

describe.each(engineKinds())('Engine $version with the $store store', ({ version, store, builders }) => {
  let engine: SharedRigEngine;
  let port: EnginePort;
  let apiVersion: string;
  const images = new Set<string>();
  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    await baseImage(engine);
    port = await portTo(engine.socketPath, { env: { TOKEN: 'value-of-the-variable' } });
    ({ apiVersion } = await port.describe());
  });
  afterAll(async () => {
    for (const id of images) await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
    await port.close();
  });

  async function built(text: string, more: Partial<BuildSpec>): Promise<{ readonly id: string; readonly log: string }> {
    const events: EngineEvent[] = [];
    const { id } = await port.build(specOf(contextDir, text, more), { onEvent: (event) => events.push(event) });
    images.add(id);
    return { id, log: JSON.stringify(events) };
  }

  describe.each(builders)('and the builder %s', (builder) => {
    test.each(cases)('does with $option what the table says', async ({ option, more, text, prints }) => {
      const asked = { builder, ...more() };
      const spec = specOf(contextDir, `FROM busybox:1\nENV ONCE=${unique()}\n${text}\n`, asked);
      if (isUnsupported(spec, builderAbility(builder, { store, apiVersion }))) {
        expect(await errorOf(port.build(spec))).toMatchObject({
          code: 'OPTION_UNSUPPORTED',
          exitStatus: 2,
          details: { option, builder },
        });
        return;
      }
      const { log } = await built(spec.dockerfile.text, asked);
      expect(log).toMatch(prints ?? /./);
    });

    test('honours memory where the table says so', async () => {
      const more = { builder, memory: 67_108_864 };
      const text = `FROM busybox:1\nENV ONCE=${unique()}\nRUN echo "limit=$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null | head -1)"\n`;
      if (builder === 'buildkit')
        expect(await errorOf(port.build(specOf(contextDir, text, more)))).toMatchObject({
          code: 'OPTION_UNSUPPORTED',
          details: { option: 'memory', builder },
        });
      else expect((await built(text, more)).log).toMatch(/limit=67108864/);
    });

    test('honours limits of swap and processors where the table says so', async () => {
      const limits = {
        memorySwap: -1,
        cpuShares: 512,
        cpuPeriod: 50_000,
        cpuQuota: 40_000,
        cpusetCpus: '0',
        cpusetMems: '0',
      };
      const text = `FROM busybox:1\nENV ONCE=${unique()}\nRUN echo "quota=$(cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us /sys/fs/cgroup/cpu.max 2>/dev/null | xargs) $(grep -E '_allowed_list' /proc/self/status | xargs)"\n`;
      const support = builderAbility(builder, { store, apiVersion });
      const refused = Object.entries(limits).filter(([option, value]) =>
        isUnsupported(specOf(contextDir, text, { builder, [option]: value }), support),
      );
      expect(refused).toHaveLength(builder === 'buildkit' ? 6 : 0);
      // A limit that was not taken shows all processors of the machine, and no quota.
      const { log } = await built(text, { builder, ...(builder === 'buildkit' ? {} : limits) });
      expect(log.includes('quota=40000 50000 Cpus_allowed_list: 0 Mems_allowed_list: 0')).toBe(builder === 'classic');
    });

    test('honours labels, target and platform', async () => {
      const text = 'FROM busybox:1 AS one\nENV STAGE=one\nFROM busybox:1 AS two\nENV STAGE=two\n';
      const { id } = await built(text, { builder, target: 'one', labels: { a: 'b' }, platforms: ['linux/amd64'] });
      const image = (await engineRequest(engine.socketPath, 'GET', `/images/${id}/json`)).json();
      expect(image).toMatchObject({
        Architecture: 'amd64',
        Config: { Labels: { a: 'b' }, Env: expect.arrayContaining(['STAGE=one']) },
      });
    });

    test('builds again with noCache, and only then', async () => {
      const text = `FROM busybox:1\nENV ONCE=${unique()}\nRUN cat /proc/sys/kernel/random/uuid > /id\n`;
      const layer = async (more: Partial<BuildSpec>): Promise<string> => {
        const { id } = await built(text, { builder, ...more });
        const image = (await engineRequest(engine.socketPath, 'GET', `/images/${id}/json`)).json() as {
          RootFS: { Layers: string[] };
        };
        return image.RootFS.Layers.at(-1) ?? '';
      };
      const first = await layer({});
      expect(await layer({})).toBe(first);
      expect(await layer({ noCache: true })).not.toBe(first);
    });
  });

  test('a required secret that nobody gave fails the step', async () => {
    const text = `FROM busybox:1\nENV ONCE=${unique()}\nRUN --mount=type=secret,id=none,required=true true\n`;
    const error = await errorOf(built(text, { builder: 'buildkit', secrets: [] }));
    expect(error.message).toMatch(/secret none.*not found|none: not found/);
  });

  test('a secret whose file is not there fails the build in our words', async () => {
    const text = `FROM busybox:1\nENV ONCE=${unique()}\nRUN --mount=type=secret,id=a true\n`;
    const secrets = [{ id: 'a', file: join(contextDir, 'absent') }];
    expect(await errorOf(built(text, { builder: 'buildkit', secrets }))).toMatchObject({ code: 'INVALID_OPTION' });
    // Of a step that is there already BuildKit asks for none.
    await built(text, { builder: 'buildkit', secrets: [{ id: 'a', file: join(contextDir, 'secret') }] });
    expect(await errorOf(built(text, { builder: 'buildkit', secrets }))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test("a frontend that is not Docker's own gets no secrets unless it is trusted", async () => {
    const text = '# syntax=registry.example.com/docker/dockerfile:1\nFROM busybox:1\n';
    const secrets = [{ id: 'a', file: join(contextDir, 'secret') }];
    expect(await errorOf(built(text, { builder: 'buildkit', secrets }))).toMatchObject({
      code: 'OPTION_UNSUPPORTED',
      exitStatus: 2,
      details: { option: 'secrets', frontend: 'registry.example.com/docker/dockerfile:1' },
    });
  });
});
