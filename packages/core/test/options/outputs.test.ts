import { describe, expect, test } from '@jest/globals';
import type { BuildRequest } from '../../src/contracts/build-request.js';
import { checkedOptions } from '../../src/options/check-options.js';
import { outputText, readOutput } from '../../src/options/output-entry.js';
import { fileOutputs, imageForm, makesImage, withImageWishes } from '../../src/options/outputs.js';
import { caught } from '../hooks/fixtures.js';

const canonical = (text: string): string => {
  const entry = readOutput(text);
  return 'fault' in entry ? `fault: ${entry.fault}` : outputText(entry);
};

describe('an output', () => {
  test.each([
    ['out', 'type=local,dest=out'],
    ['./a=b', 'type=local,dest=./a=b'],
    ['-', 'type=tar,dest=-'],
    ['type=local,dest=out', 'type=local,dest=out'],
    ['dest=out,type=local', 'type=local,dest=out'],
    ['type=tar', 'type=tar,dest=-'],
    ['type=oci', 'type=oci,dest=-'],
    ['type=docker', 'type=docker'],
    ['type=docker,dest=x.tar', 'type=docker,dest=x.tar'],
    ['type=oci,dest=x.tar, Compression=zstd', 'type=oci,dest=x.tar,compression=zstd'],
    ['type=tar,"dest=a,b"', 'type=tar,"dest=a,b"'],
    ['type=image,name=a:1,push=true', 'type=image,name=a:1,push=true'],
    ['type=registry,"name=a:1,b:2"', 'type=registry,"name=a:1,b:2"'],
  ])('%j is %j', (text, expected) => {
    expect(canonical(text)).toBe(expected);
    expect(canonical(canonical(text))).toBe(expected);
  });

  test.each<[string, RegExp]>([
    ['', /is empty/],
    ['type=', /has no "type"/],
    ['dest=x,tar', /"tar", which is no "key=value"/],
    ['a,b', /"a", which is no/],
    ['type=zip,dest=x', /the type "zip"/],
    ['type=local', /has no "dest"/],
    ['type=local,dest=-', /cannot go to standard output/],
    ['type=registry,dest=x', /has a "dest"/],
    ['type=oci,dest=x,tar=false', /"tar", which the type "oci" does not know/],
    ['type=local,dest=x,platform-split=false', /"platform-split"/],
    ['type=image,push-by-digest=true', /"push-by-digest"/],
    ['type=oci,dest=x,compression=rar', /"compression=rar"/],
    ['type=image,push=perhaps', /"push=perhaps"/],
    ['type=tar,dest="x', /a quote out of place/],
    ['type=tar,constructor=x', /"constructor"/],
  ])('%j is refused', async (text, words) => {
    expect(canonical(text)).toMatch(words);
    const error = await caught(checkedOptions({ outputs: [text] }));
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
    expect(String(error)).toMatch(words);
  });
});

describe('what the outputs of a request ask of the run', () => {
  const request = (more: Partial<BuildRequest>): BuildRequest => ({ source: { kind: 'path', path: '.' }, ...more });

  test.each<[string, Partial<BuildRequest>, boolean, Partial<BuildRequest>, boolean]>([
    ['nothing', {}, false, {}, false],
    ['files alone', { outputs: ['out'] }, false, { outputs: ['type=local,dest=out'] }, false],
    ['files and a push', { outputs: ['out'] }, true, { outputs: ['type=local,dest=out', 'type=image'] }, false],
    [
      'files and --load',
      { outputs: ['out'], load: true },
      false,
      { outputs: ['type=local,dest=out', 'type=image'], load: true },
      false,
    ],
    ['an image', { outputs: ['type=image'] }, false, { load: true }, false],
    ['an image for docker', { outputs: ['type=docker,name=a:1'] }, false, { tags: ['a:1'], load: true }, false],
    [
      'a registry',
      { outputs: ['type=registry,name=a:1'], tags: ['b:1', 'a:1'] },
      false,
      { tags: ['b:1', 'a:1'] },
      true,
    ],
    ['two names', { outputs: ['type=image,"name=a:1,b:2",push=true'] }, false, { tags: ['a:1', 'b:2'] }, true],
    [
      'a registry that is not pushed to',
      { outputs: ['type=registry,name=a:1,push=false'] },
      false,
      { tags: ['a:1'], load: true },
      false,
    ],
    [
      'a form',
      { outputs: ['type=registry,name=a:1,compression=zstd'] },
      false,
      { tags: ['a:1'], outputs: ['type=image,compression=zstd'] },
      true,
    ],
    [
      'what is no output',
      { outputs: ['type=zip', 'type=image'] },
      false,
      { outputs: ['type=zip', 'type=image'] },
      false,
    ],
  ])('%s', (_, asked, isPublishing, expected, push) => {
    expect(withImageWishes(request(asked), isPublishing)).toEqual({ request: request(expected), push });
  });

  test('only files make no image, and the image keeps its form apart from its names', () => {
    expect([undefined, [], ['out'], ['out', 'type=image'], ['-']].map(makesImage)).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    expect(imageForm(['out', 'type=image,name=a,push=true,compression=zstd'])).toEqual({ compression: 'zstd' });
    expect(fileOutputs(['type=docker', 'out', '-']).map(({ dest }) => dest)).toEqual(['out', '-']);
  });
});
