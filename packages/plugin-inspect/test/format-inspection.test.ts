import { expect, test } from '@jest/globals';
import { formatInspection, formatSize, type Inspection } from '../src/index.js';

const id = `sha256:${'a'.repeat(64)}`;
const inspection: Inspection = {
  image: {
    id,
    configDigest: id,
    platform: 'linux/amd64',
    size: 12_345_678,
    layers: [
      { createdBy: 'Imported from -', size: 12_000_000, diffId: 'sha256:1' },
      { createdBy: `RUN ${'x'.repeat(200)}`, size: 345_678 },
    ],
    layerCount: 2,
    labels: { note: 'two\nlines \u001b[31mred\u202e' },
    env: ['PATH', 'TOKEN'],
    entrypoint: ['/bin/app'],
    command: [],
    exposedPorts: ['80/tcp'],
    user: '1000',
    workingDir: '/work',
  },
  bases: [
    {
      text: 'busybox:1',
      use: 'from',
      digest: `sha256:${'b'.repeat(64)}`,
      isBelow: true,
      image: { id, platform: 'linux/amd64', size: 999, layerCount: 1 },
    },
    { text: 'tools', use: 'copy-from', isLocalOnly: true, takenFrom: 'p:5000/tools:latest', isBelow: false },
  ],
};

test('is a readable table', () => {
  expect(formatInspection(inspection, 60).split('\n')).toEqual([
    `image       ${id}`,
    'platform    linux/amd64',
    'size        12.3 MB in 2 layers',
    `base        busybox:1  sha256:${'b'.repeat(64)}  999 B`,
    'base        tools (copy-from)  from p:5000/tools:latest  local only',
    'entrypoint  ["/bin/app"]',
    'user        1000',
    'directory   /work',
    'ports       80/tcp',
    'env         PATH, TOKEN',
    'label       note=two lines [31mred ',
    'layer          12 MB  Imported from -',
    `layer         346 kB  RUN ${'x'.repeat(33)}…`,
  ]);
});

test('has the config digest beside the ID where they differ', () => {
  const config = `sha256:${'c'.repeat(64)}`;
  const image = { ...inspection.image, configDigest: config };
  expect(formatInspection({ ...inspection, image })).toContain(`\nconfig      ${config}\n`);
});

test('never lets a control character of the image through', () => {
  expect(formatInspection(inspection).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [1234, '1.23 kB'],
  [999_999, '1 MB'],
  [2_132_480, '2.13 MB'],
  [5e15, '5000 TB'],
])('%i bytes are %s', (bytes, expected) => {
  expect(formatSize(bytes)).toBe(expected);
});
