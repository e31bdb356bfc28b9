import {
  baseImage,
  type RegistryRule,
  runPlugin,
  sharedEngine,
  sharedRegistry,
  startRegistryProxy,
} from '@dock/testing';
import { expect, test } from '@jest/globals';
import { push } from '../src/index.js';
import { rigPort, uniqueRepository } from '../../engine/test/rig-port.js';

/** One request in five goes wrong, in each of the ways that registries and the gateways before them know. */
const faults: readonly RegistryRule[] = [
  { share: 0.05, status: 429, headers: { 'Retry-After': '1' }, body: '{"errors":[{"code":"TOOMANYREQUESTS"}]}' },
  { share: 0.05, status: 503, body: '<html><h1>503 Service Unavailable</h1></html>' },
  { share: 0.05, cutAfterBytes: 0 },
  { share: 0.025, loseAnswer: 504 },
  { share: 0.025, loseAnswer: 'reset' },
];

const publishes = Number(process.env['DOCK_FAULTY_PUBLISHES'] ?? 6);

/** How many are under way at the same time: most of a publish is waiting. */
const atOnce = 4;

test('every publish of an image to a registry that fails one request in five completes, and none says a wrong word', async () => {
  const [engine, registry] = await Promise.all([sharedEngine(), sharedRegistry()]);
  const port = await rigPort(engine);
  const base = uniqueRepository('push-under-faults');
  const failed: string[] = [];
  const publish = async (number: number) => {
    const repository = `${base}-${number}`;
    const { id = '' } = await baseImage(engine, { name: `${repository}:1`, files: { '/mark': repository } });
    const image = await port.builtImage(id);
    const proxy = await startRegistryProxy({ target: registry.host, rules: faults, seed: number });
    try {
      const reference = { registry: proxy.host, repository, tag: '1', isPublishOnly: true };
      const { value, error } = await runPlugin(push(), {
        hook: 'push',
        value: [],
        engine: port,
        context: { image, references: [reference], isPublishing: true },
        timeoutMs: 600_000,
      });
      const held = await port.findManifest({ ...reference, registry: registry.host }, { withConfig: true });
      const [published] = value ?? [];
      const isRight = published?.digest === held?.digest && held?.configDigest === image.configDigest;
      if (error !== undefined || !isRight)
        failed.push(`${number}: ${error?.message ?? `${published?.digest} is told, ${held?.digest} is held`}`);
    } finally {
      await proxy.stop();
      await port.removeImage(image.id, { force: true });
    }
  };
  const numbers = Array.from({ length: publishes }, (_, index) => index + 1);
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) await publish(number);
    }),
  );
  await port.close();
  expect(failed).toEqual([]);
}, 1_800_000);
