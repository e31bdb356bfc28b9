import { describe, expect, test } from '@jest/globals';
import { hostDocker } from '../src/index.js';

describe('hostDocker', () => {
  test('keeps what it was made with, so that a flag can change one option', () => {
    expect(hostDocker({ buildImage: 'build:1', keep: true })).toMatchObject({
      name: 'host-docker',
      options: { buildImage: 'build:1', keep: true },
    });
  });

  test.each([
    [{}, /"buildImage"/],
    [{ buildImage: 'build:1', passenv: ['A'] }, /unknown key "passenv"/],
    [{ buildImage: 'build:1', socketPath: 'docker.sock' }, /"socketPath".*absolute/],
    [{ buildImage: 'build:1', memory: '1g' }, /"memory"/],
  ])('refuses %j', (options, message) => {
    expect(() => hostDocker(options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    );
  });
});
