import { describe, expect, test } from '@jest/globals';
import { builderWord } from '../../src/options/builder-word.js';

describe('a builder’s word', () => {
  test.each([
    ['auto', { kind: 'auto' }],
    ['engine', { kind: 'engine' }],
    ['buildkit', { kind: 'engine' }],
    ['classic', { kind: 'classic' }],
    ['constructor', { kind: 'name', name: 'constructor' }],
    ['My.builder-1', { kind: 'name', name: 'My.builder-1' }],
    ['docker-container:buildkitd', { kind: 'container', container: 'buildkitd' }],
    ['docker-container://buildkitd', { kind: 'container', container: 'buildkitd' }],
    ['docker-container', { kind: 'name', name: 'docker-container' }],
    ['tcp://build.example.com:1234', { kind: 'address', address: 'tcp://build.example.com:1234' }],
    ['tcp://[::1]:1234', { kind: 'address', address: 'tcp://[::1]:1234' }],
    ['unix:///run/buildkit/buildkitd.sock', { kind: 'address', address: 'unix:///run/buildkit/buildkitd.sock' }],
    [
      'tcp://h:1,cacert=ca.pem,cert=c.pem,"key=a,b.pem",servername=x',
      { kind: 'address', address: 'tcp://h:1', tls: { ca: 'ca.pem', cert: 'c.pem', key: 'a,b.pem', serverName: 'x' } },
    ],
  ])('"%s" is read', (text, word) => {
    expect(builderWord(text)).toEqual(word);
  });

  test.each([
    '',
    ' ',
    '-x',
    'a b',
    'tcp://host',
    'tcp://host:0',
    'tcp://host:65536',
    'tcp://user:secret@host:1',
    'tcp://host:1/path',
    'unix://',
    'ssh://host',
    'docker-container:',
    'docker-container:a/b',
    'tcp://h:1,cert=c.pem',
    'tcp://h:1,cacert=',
    'tcp://h:1,cacert=a,cacert=b',
    'tcp://h:1,insecure=true',
    'tcp://h:1,',
    'unix:///s,cacert=ca.pem',
  ])('"%s" is none', (text) => {
    expect(builderWord(text)).toBeUndefined();
  });
});
