import type { BuildSpec, ImageReference } from '@dock/core';
import { describe, expect, test } from '@jest/globals';
import { pinBases } from '../src/pin-bases.js';
import { specOf } from './spec-of.js';

const digest = `sha256:${'d'.repeat(64)}`;
const pinned = (name: string) => `${name}@${digest}`;
const image = ({ registry, repository }: ImageReference): ImageReference => ({ registry, repository, digest });

function pinAll(spec: BuildSpec) {
  return pinBases(
    spec,
    spec.bases.map((base) => ({ base, image: image(base.reference) })),
  );
}

describe('pinBases', () => {
  test.each([
    ['FROM busybox:1\n', `FROM ${pinned('docker.io/library/busybox')}\n`],
    ['from --platform=linux/amd64 r:5000/a/b:1 as x\n', `from --platform=linux/amd64 ${pinned('r:5000/a/b')} as x\n`],
    ['ARG V=1\nFROM r:5000/a:${V}\n', `ARG V=1\nFROM ${pinned('r:5000/a')}\n`],
    [
      'FROM r:5000/a AS one\nFROM one\nFROM r:5000/b\nCOPY --from=one /x /x\n',
      `FROM r:5000/a AS one\nFROM one\nFROM ${pinned('r:5000/b')}\nCOPY --from=one /x /x\n`.replace(
        'FROM r:5000/a',
        `FROM ${pinned('r:5000/a')}`,
      ),
    ],
    [
      'FROM r:5000/a\nCOPY --chown=1 --from=r:5000/b:2 /x /x # r:5000/b:2\n',
      `FROM ${pinned('r:5000/a')}\nCOPY --chown=1 --from=${pinned('r:5000/b')} /x /x # r:5000/b:2\n`,
    ],
    [
      'FROM r:5000/a\nCOPY \\\n  --from=r:5000/b:2 \\\n  /x /x\n',
      `FROM ${pinned('r:5000/a')}\nCOPY \\\n  --from=${pinned('r:5000/b')} \\\n  /x /x\n`,
    ],
    [
      'FROM r:5000/a\nRUN --mount=type=bind,from=r:5000/b:2,target=/b --mount=type=cache,target=/c echo from=r:5000/b:2\n',
      `FROM ${pinned('r:5000/a')}\nRUN --mount=type=bind,from=${pinned('r:5000/b')},target=/b --mount=type=cache,target=/c echo from=r:5000/b:2\n`,
    ],
    [
      '# escape=`\nFROM r:5000/a\nCOPY `\n --from=r:5000/b:2 /x /x\n',
      `# escape=\`\nFROM ${pinned('r:5000/a')}\nCOPY \`\n --from=${pinned('r:5000/b')} /x /x\n`,
    ],
  ])('writes the pin into %j and leaves the rest alone', (text, expected) => {
    const { text: result, unpinned } = pinAll(specOf(text));
    expect(result).toBe(expected);
    expect(unpinned).toEqual([]);
  });

  test('pins one image in two mounts of one instruction', () => {
    const { text } = pinAll(
      specOf('FROM scratch\nRUN --mount=from=r:5000/b,target=/a --mount=from=r:5000/b,target=/b true\n'),
    );
    expect(text).toBe(
      `FROM scratch\nRUN --mount=from=${pinned('r:5000/b')},target=/a --mount=from=${pinned('r:5000/b')},target=/b true\n`,
    );
  });

  test('leaves what is already pinned as it is written', () => {
    const text = `FROM r:5000/a@${digest}\n`;
    expect(pinAll(specOf(text))).toEqual({ text, unpinned: [] });
  });

  test('says which base it could not pin, and does not touch its line', () => {
    const spec = specOf('FROM r:5000/a\nCOPY --from=r:5000/b /x /x\n');
    const strange = {
      ...spec.bases[1],
      use: 'copy-from' as const,
      text: 'r:5000/other',
      line: 2,
      reference: { registry: 'r:5000', repository: 'other' },
    };
    const { text, unpinned } = pinBases(spec, [{ base: strange, image: image(strange.reference) }]);
    expect(text).toBe(spec.dockerfile.text);
    expect(unpinned).toEqual([strange]);
  });

  test('finds an image by what it is when an edit has moved its line', () => {
    const spec = specOf('FROM r:5000/a\nFROM r:5000/b\nCOPY --from=r:5000/c /x /x\nCOPY --from=r:5000/a /y /y\n');
    const moved = { ...spec, dockerfile: { ...spec.dockerfile, text: `# one\n# two\n${spec.dockerfile.text}` } };
    const { text, unpinned } = pinAll(moved);
    expect(text).toBe(
      `# one\n# two\nFROM r:5000/a\nFROM ${pinned('r:5000/b')}\nCOPY --from=${pinned('r:5000/c')} /x /x\nCOPY --from=${pinned('r:5000/a')} /y /y\n`,
    );
    expect(unpinned).toEqual([]);
  });

  test('leaves a FROM alone that names another base for each platform, and pins the others', () => {
    const text = 'FROM r:5000/a:$TARGETARCH AS a\nFROM r:5000/b\nCOPY --from=a /x /x\n';
    const spec = specOf(text, { platforms: ['linux/amd64', 'linux/arm64'] });
    const pins = pinAll(spec);
    expect(pins.unpinned.map((base) => base.text)).toEqual(['r:5000/a:amd64', 'r:5000/a:arm64']);
    expect(pins.text).toBe(`FROM r:5000/a:$TARGETARCH AS a\nFROM ${pinned('r:5000/b')}\nCOPY --from=a /x /x\n`);
  });
});
