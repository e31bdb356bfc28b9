import { afterEach, beforeEach } from '@jest/globals';
import { type BodyPart, type FakeEngine, startFakeEngine } from '@dock/testing';
import { createProject, type Project } from './dock-case.js';

/** The ID of the image that a fake build makes. */
export const builtId = `sha256:${'a'.repeat(64)}`;

/** The messages of a classic build that goes well, around what its one RUN prints. */
export const before = [{ stream: 'Step 1/2 : FROM busybox:1' }, { stream: '\n' }, { stream: 'Step 2/2 : RUN make' }];
export const after = [{ aux: { ID: builtId } }, { stream: `Successfully built ${builtId.slice(7, 19)}\n` }];

/** A project and an engine that answers a build with what the case says, for each test. */
export interface FakeBuild {
  readonly project: Project;
  readonly fake: FakeEngine;
  readonly args: readonly string[];
  /** For the run's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly answer: (body: readonly BodyPart[], more?: { readonly framing?: 'chunked' | 'close' }) => void;
}

/** What a real engine will not do on demand. */
export function withFakeBuild(): () => FakeBuild {
  let current: FakeBuild | undefined;
  beforeEach(async () => {
    const fake = await startFakeEngine();
    fake.on('GET', `/images/${builtId}/json`, {
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ Id: builtId, Os: 'linux', Architecture: 'amd64' }),
    });
    const project = createProject({
      'context/Dockerfile': 'FROM busybox:1\nRUN make\n',
      'dock.config.mjs': 'export default { source: "context", plugins: [] };',
    });
    current = {
      project,
      fake,
      args: ['build', '--builder', 'classic'],
      env: { DOCKER_HOST: fake.host },
      answer: (body, more = {}) =>
        fake.on('POST', '/build', { headers: { 'Content-Type': 'application/json' }, body, ...more }),
    };
  });
  afterEach(async () => {
    current?.project.remove();
    await current?.fake.stop();
  });
  return () => {
    if (current === undefined) throw new Error('a case is there only inside a test');
    return current;
  };
}
