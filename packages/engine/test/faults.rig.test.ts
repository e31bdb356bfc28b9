import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EnginePort } from '@dock/core';
import { baseImage, engineRequest, type RigEngine, startEngine } from '@dock/testing';
import { errorOf, portTo, specOf } from './engine-fixture.js';

let contextDir: string;
let engine: RigEngine;
let port: EnginePort;
beforeAll(async () => {
  contextDir = mkdtempSync(join(tmpdir(), 'dock-faults-rig-'));
  engine = await startEngine();
  await baseImage(engine);
  port = await portTo(engine.socketPath, { wait: { pollMs: 300, unreachableMs: 3000 } });
}, 60_000);
afterAll(async () => {
  rmSync(contextDir, { recursive: true });
  await port.close();
  await engine.stop();
});

const slow = 'FROM busybox:1\nRUN echo up; sleep 100\n';
const long = {
  image: 'busybox:1',
  command: ['sh', '-c', 'sleep 1; echo up; sleep 100'],
  network: 'host',
  role: 'test',
  runId: 'faults',
};

describe('an engine that is killed', () => {
  test.each(['classic', 'buildkit'] as const)(
    'in the middle of a %s build is lost within 5 s, and says what may be left',
    async (builder) => {
      const containers: string[] = [];
      const own = await portTo(engine.socketPath, { onBuildContainer: (id) => containers.push(id) });
      let killedAt = 0;
      const error = await errorOf(
        own.build(specOf(contextDir, slow, { builder, noCache: true }), {
          onEvent: (event) => {
            if (event.type !== 'step.log' || !event.text.includes('up') || killedAt > 0) return;
            killedAt = Date.now();
            void engine.kill();
          },
        }),
      );
      expect(Date.now() - killedAt).toBeLessThan(5000);
      expect(error).toMatchObject({ code: 'DAEMON_LOST', exitStatus: 3, retryable: true });
      expect(error.message).toContain(engine.socketPath);
      expect(containers).toHaveLength(builder === 'classic' ? 1 : 0);
      expect(error.details?.leftContainers).toEqual(builder === 'classic' ? containers : undefined);
      await own.close();
      await engine.restart();
    },
    60_000,
  );

  test('while a container runs is lost, and nobody waits for ever', async () => {
    const running = errorOf(
      port.runContainer(long, {
        onEvent: (event) => {
          if (event.type === 'log' && event.message.includes('up')) void engine.kill();
        },
      }),
    );
    expect(await running).toMatchObject({ code: 'DAEMON_LOST' });
    await engine.restart();
  }, 60_000);

  test('and comes back tells by inspect how the container ended', async () => {
    const patient = await portTo(engine.socketPath, { wait: { pollMs: 300, unreachableMs: 30_000 } });
    let isKilled = false;
    const outcome = await patient.runContainer(long, {
      onEvent: (event) => {
        if (event.type !== 'log' || !event.message.includes('up') || isKilled) return;
        isKilled = true;
        void engine.restart();
      },
    });
    expect(outcome).toMatchObject({ exitCode: 137, isOomKilled: false });
    const rows = (await engineRequest(engine.socketPath, 'GET', '/containers/json')).json() as unknown[];
    expect(rows).toEqual([]);
    await patient.close();
  }, 60_000);
});
