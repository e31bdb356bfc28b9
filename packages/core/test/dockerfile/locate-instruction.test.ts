import { expect, test } from '@jest/globals';
import { locateByMessage } from '../../src/dockerfile/locate-instruction.js';
import { parseDockerfile } from '../../src/dockerfile/parse-dockerfile.js';

const dockerfile = parseDockerfile('FROM scratch\nLABEL a=$(b)\nUSER $NOBODY\n');

test('a message is about the instruction whose words it has in brackets', () => {
  expect(locateByMessage(dockerfile, 'the user ($NOBODY) is blank')?.keyword).toBe('USER');
});

test('brackets that are never closed are passed over in no time, and what follows is read', () => {
  const began = performance.now();
  expect(locateByMessage(dockerfile, `${'($'.repeat(150_000)}x ($NOBODY)`)?.keyword).toBe('USER');
  expect(performance.now() - began).toBeLessThan(2000);
});
