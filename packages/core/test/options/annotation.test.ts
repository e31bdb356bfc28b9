import { describe, expect, test } from '@jest/globals';
import { readAnnotation } from '../../src/options/annotation.js';
import { attestationsOf, readAttestation } from '../../src/options/attestation.js';

describe('an annotation', () => {
  test.each([
    ['a=1', [{ key: 'a', value: '1' }]],
    ['a=', [{ key: 'a', value: '' }]],
    ['a=1=2:3', [{ key: 'a', value: '1=2:3' }]],
    ['index:a=1', [{ type: 'index', key: 'a', value: '1' }]],
    ['manifest[linux/arm64/v8]:a=1', [{ type: 'manifest', platform: 'linux/arm64', key: 'a', value: '1' }]],
    [
      'manifest-descriptor[linux/amd64],index-descriptor:a=1',
      [
        { type: 'manifest-descriptor', platform: 'linux/amd64', key: 'a', value: '1' },
        { type: 'index-descriptor', key: 'a', value: '1' },
      ],
    ],
  ])('%s is read as buildx reads it', (text, expected) => {
    expect(readAnnotation(text)).toEqual(expected);
  });

  test.each([
    ['a', /is no "key=value"/],
    ['=1', /has no key/],
    ['index:=1', /has no key/],
    ['layer:a=1', /has the type "layer"; there are manifest,/],
    ['manifest[]:a=1', /has the type "manifest\[\]"/],
    ['manifest[nonsense/]:a=1', /has "nonsense\/", which is not a platform/],
    ['index[linux/amd64]:a=1', /names a platform for "index"/],
  ])('%s is refused', (text, fault) => {
    expect(readAnnotation(text)).toEqual({ fault: expect.stringMatching(fault) });
  });
});

describe('an attestation', () => {
  test.each([
    ['type=sbom', { type: 'sbom', isDisabled: false, attributes: '' }],
    ['type=provenance,mode=max,disabled=false', { type: 'provenance', isDisabled: false, attributes: 'mode=max' }],
    ['type=sbom,"generator=a,b"', { type: 'sbom', isDisabled: false, attributes: '"generator=a,b"' }],
    ['type=sbom,disabled=true', { type: 'sbom', isDisabled: true, attributes: '' }],
  ])('%s is read', (text, expected) => {
    expect(readAttestation(text)).toEqual(expected);
  });

  test.each([
    ['mode=max', /has the type ""/],
    ['type=signature', /has the type "signature"; there are sbom, provenance/],
    ['type=sbom,max', /has "max", which is no "key=value"/],
    ['type=sbom,disabled=perhaps', /neither true nor false/],
    ['type=sbom,"a', /quote out of place/],
  ])('%s is refused', (text, fault) => {
    expect(readAttestation(text)).toEqual({ fault: expect.stringMatching(fault) });
  });

  test('is off unless it is asked for, and the last word counts', () => {
    const of = (asked: Parameters<typeof attestationsOf>[0]) => Object.fromEntries(attestationsOf(asked));
    expect(of({})).toEqual({});
    expect(of({ sbom: true, provenance: 'mode=max' })).toEqual({ sbom: '', provenance: 'mode=max' });
    expect(of({ attest: ['type=provenance,mode=max'], provenance: false })).toEqual({});
    expect(of({ attest: ['type=sbom'], sbom: 'false' })).toEqual({});
    expect(of({ attest: ['type=sbom', 'type=sbom,generator=x'] })).toEqual({ sbom: 'generator=x' });
  });
});
