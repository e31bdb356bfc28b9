import type { HistoryEntry } from '@dock/core';
import { describe, expect, test } from '@jest/globals';
import { alignLayers, instructionOf } from '../src/align-layers.js';

const row = (createdBy: string, size = 0, comment = ''): HistoryEntry => ({ createdBy, size, comment });

describe('alignLayers', () => {
  test('gives each row with bytes its layer, oldest first, and none to configuration', () => {
    const history = [
      row('CMD ["x"]', 0, 'buildkit.dockerfile.v0'),
      row('COPY file /file # buildkit', 20),
      row('ENV A=1'),
      row('RUN /bin/sh -c make # buildkit', 10),
      row('', 5, 'Imported from -'),
    ];
    expect(alignLayers(history, ['sha256:1', 'sha256:2', 'sha256:3'])).toEqual([
      { createdBy: 'Imported from -', size: 5, diffId: 'sha256:1' },
      { createdBy: 'RUN make', size: 10, diffId: 'sha256:2' },
      { createdBy: 'COPY file /file', size: 20, diffId: 'sha256:3' },
    ]);
  });

  test('counts a layer of no bytes where it can only be that row', () => {
    const history = [row('LABEL a=b'), row('WORKDIR /empty'), row('USER 1'), row('ADD x /', 7)];
    expect(alignLayers(history, ['sha256:1', 'sha256:2'])).toEqual([
      { createdBy: 'ADD x /', size: 7, diffId: 'sha256:1' },
      { createdBy: 'WORKDIR /empty', size: 0, diffId: 'sha256:2' },
    ]);
  });

  test('names no layer where more than one row may have it', () => {
    const history = [row('WORKDIR /a'), row('RUN /bin/sh -c true'), row('ADD x /', 7)];
    expect(alignLayers(history, ['sha256:1', 'sha256:2'])).toEqual([{ createdBy: 'ADD x /', size: 7 }]);
  });

  test('is empty without a history', () => {
    expect(alignLayers([], ['sha256:1'])).toEqual([]);
  });
});

test.each([
  ['/bin/sh -c #(nop)  ENV A=1', '', 'ENV A=1'],
  ['/bin/sh -c #(nop) COPY file:abc in /x ', '', 'COPY file:abc in /x'],
  ['/bin/sh -c apt-get update', '', 'RUN apt-get update'],
  ['RUN /bin/sh -c apt-get update # buildkit', '', 'RUN apt-get update'],
  ['RUN |1 A=2 /bin/sh -c make # buildkit', '', 'RUN |1 A=2 /bin/sh -c make'],
  ['', 'Imported from -', 'Imported from -'],
  ['', '', '(imported)'],
])('the instruction of "%s" with comment "%s" is "%s"', (createdBy, comment, expected) => {
  expect(instructionOf(row(createdBy, 0, comment))).toBe(expected);
});
