import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type RegistryProxy, startRegistryProxy } from '@dock/testing';
import { createProject, openRig, type Project, type Rig } from './dock-case.js';

/** What a case about a registry needs, made anew for each test. */
export interface PushCase {
  readonly rig: Rig;
  readonly project: Project;
  /** A registry that answers as the case says. */
  readonly proxy: RegistryProxy;
  /** What the image is called behind the proxy. */
  readonly name: string;
  /** `dock build` of an image of this test alone, to that name. */
  readonly args: readonly string[];
}

/** A project with a `context`, `dock.config.mjs` with impatient limits, and a proxy before the registry. */
export function withPush(number: string, pushOptions = ''): () => PushCase {
  let rig: Rig;
  let current: PushCase | undefined;
  let count = 0;
  beforeAll(async () => {
    rig = await openRig(number);
  });
  beforeEach(async () => {
    count += 1;
    const proxy = await startRegistryProxy({ target: rig.registry });
    const name = `${proxy.host}/${rig.unique}/app:${count}`;
    const project = createProject({
      'context/Dockerfile': `FROM ${rig.base}\nLABEL test="${rig.unique} ${count}"\n`,
      'dock.config.mjs': `import { push } from '@dock/plugin-push';
        export default { plugins: [push({ backoffMs: 20, ${pushOptions} })] };`,
    });
    current = { rig, project, proxy, name, args: ['build', 'context', '--tag', name] };
  });
  afterEach(async () => {
    current?.project.remove();
    await current?.proxy.stop();
  });
  afterAll(() => {
    current = undefined;
  });
  return () => {
    if (current === undefined) throw new Error('a case is there only inside a test');
    return current;
  };
}
