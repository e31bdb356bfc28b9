import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  linkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DockError } from '@dock/core';
import { engineKinds, baseImage, engineRequest, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { createFileSync, type SyncedDirectory } from '../../src/session/filesync/file-sync.js';
import { createSession } from '../../src/session/session.js';
import { answerOf } from '../../src/build/solve-answer.js';
import { solveRequest } from '../../src/build/solve-request.js';
import { withControl } from '../../src/control/open-control.js';
import { CallFailure } from '../../src/rpc/call-failure.js';
import { specOf } from '../../../engine/test/engine-fixture.js';
import { rigDoor } from '../rig-door.js';

let contextDir = '';
beforeEach(() => {
  contextDir = realpathSync(mkdtempSync(join(tmpdir(), 'dock-filesync-rig-')));
  mkdirSync(join(contextDir, 'dir'));
  writeFileSync(join(contextDir, 'dir/file'), 'first');
  writeFileSync(join(contextDir, 'secret'), 'x');
  writeFileSync(join(contextDir, 'ünïcödé name'), 'x');
  symlinkSync('nowhere', join(contextDir, 'dangling'));
  linkSync(join(contextDir, 'dir/file'), join(contextDir, 'hard'));
  writeFileSync(join(contextDir, 'big'), Buffer.alloc(3_000_000, 'x'));
});
afterEach(() => rmSync(contextDir, { recursive: true, force: true }));

interface Build {
  readonly id: string | undefined;
  readonly text: string;
  readonly synced: readonly SyncedDirectory[];
  readonly faults: readonly DockError[];
}

/** One BuildKit build that gets its files from our session. */
async function build(engine: SharedRigEngine, dockerfileText: string): Promise<Build> {
  const synced: SyncedDirectory[] = [];
  const faults: DockError[] = [];
  const files = createFileSync({
    contextDir,
    dockerfilePath: join(contextDir, 'Dockerfile'),
    dockerfileText,
    onSynced: (directory) => synced.push(directory),
    onFault: (fault) => faults.push(fault),
  });
  const session = createSession({ services: [files.service], sharedKey: contextDir });
  const spec = specOf(contextDir, dockerfileText);
  const request = solveRequest(spec, { ref: session.id, session: session.id, dockerfileName: files.dockerfileName });
  const answer = await withControl(rigDoor(engine), {}, (open) =>
    session.within(open, undefined, () =>
      open.control.solve(request).then(answerOf, (error: unknown) => {
        if (error instanceof CallFailure) return { imageId: undefined, failure: { message: error.message } };
        throw error;
      }),
    ),
  );
  return { id: answer.imageId, text: answer.failure?.message ?? '', synced, faults };
}

/** What a container of the image prints. */
async function output(engine: SharedRigEngine, image: string, command: readonly string[]): Promise<string> {
  const created = await engineRequest(engine.socketPath, 'POST', '/containers/create', {
    Image: image,
    Cmd: command,
    Tty: true,
    HostConfig: { NetworkMode: 'none' },
  });
  const { Id: id } = created.json() as { Id: string };
  try {
    await engineRequest(engine.socketPath, 'POST', `/containers/${id}/start`);
    await engineRequest(engine.socketPath, 'POST', `/containers/${id}/wait`);
    return (await engineRequest(engine.socketPath, 'GET', `/containers/${id}/logs?stdout=1`)).text.replaceAll(
      '\r\n',
      '\n',
    );
  } finally {
    await engineRequest(engine.socketPath, 'DELETE', `/containers/${id}?force=1`);
  }
}

const context = (built: Build): SyncedDirectory | undefined =>
  built.synced.filter((each) => each.name === 'context').sort((a, b) => b.files - a.files)[0];

describe.each(engineKinds().map(({ version, store }) => [version, store] as const))(
  'FileSync with BuildKit of Engine %s and the %s store',
  (version, store) => {
    let engine: SharedRigEngine;
    const images: string[] = [];
    beforeEach(async () => {
      engine = await sharedEngine({ version, store });
      await baseImage(engine);
    });
    afterEach(async () => {
      for (const id of images.splice(0)) await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
    });

    const built = async (text: string): Promise<Build & { id: string }> => {
      const result = await build(engine, text);
      expect(result.faults).toEqual([]);
      expect(result.id).toMatch(/^sha256:/);
      images.push(result.id ?? '');
      return { ...result, id: result.id ?? '' };
    };

    test('hides the Dockerfile that .dockerignore names from COPY, and builds it all the same', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), 'FROM scratch\nRUN this text is not what is built\n');
      writeFileSync(join(contextDir, '.dockerignore'), 'secret\nDockerfile\n');
      const { id } = await built('FROM busybox:1\nCOPY . /x\n');
      const listing = await output(engine, id, [
        'sh',
        '-c',
        'cd /x && find . | sort && cat dir/file && readlink dangling && wc -c < big',
      ]);
      expect(listing).toBe(
        `${['.', './.dockerignore', './big', './dangling', './dir', './dir/file', './hard', './ünïcödé name'].join('\n')}\nfirstnowhere\n3000000\n`,
      );
    });

    test('copies the Dockerfile as the user wrote it when nothing hides it', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '# what the user wrote\n');
      const { id } = await built('FROM busybox:1\nCOPY Dockerfile /x/\n');
      expect(await output(engine, id, ['cat', '/x/Dockerfile'])).toBe('# what the user wrote\n');
    });

    test('sends only what changed to a second build, and the image has the change', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      for (let index = 0; index < 200; index += 1) writeFileSync(join(contextDir, `file-${index}`), `content ${index}`);
      const text = 'FROM busybox:1\nCOPY . /x\n';
      const first = await built(text);
      expect(context(first)?.requested).toBeGreaterThan(200);
      writeFileSync(join(contextDir, 'file-7'), 'changed content');
      const second = await built(text);
      expect(context(second)).toMatchObject({
        files: context(first)?.files,
        requested: 1,
        bytes: 'changed content'.length,
      });
      expect(await output(engine, second.id, ['sh', '-c', 'cat /x/file-7 && ls -A /x | wc -l'])).toBe(
        'changed content207\n',
      );
    });

    test('another Dockerfile text of the same length is never mistaken for the one before', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      await built('FROM busybox:1\nLABEL a=1\n');
      const { id } = await built('FROM busybox:1\nLABEL a=2\n');
      const details = (await engineRequest(engine.socketPath, 'GET', `/images/${id}/json`)).json() as {
        Config: { Labels: Record<string, string> };
      };
      expect(details.Config.Labels).toEqual({ a: '2' });
    });

    test('sends only what COPY names', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      const result = await built('FROM busybox:1\nCOPY dir /x\n');
      expect(context(result)?.bytes).toBeLessThan(1000);
    });

    test('a pattern with a comma is one pattern', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      for (const name of ['a', 'a,b', 'a, c']) writeFileSync(join(contextDir, name), 'x');
      writeFileSync(join(contextDir, '.dockerignore'), 'a,b\na, c\n');
      const { id } = await built('FROM busybox:1\nCOPY . /x\n');
      expect(await output(engine, id, ['sh', '-c', 'ls -d /x/a*'])).toBe('/x/a\n');
    });

    test('patterns and names beyond ASCII mean what they say', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      for (const name of ['geheimnis-größe', 'größe', '日本']) writeFileSync(join(contextDir, name), name);
      writeFileSync(join(contextDir, '.dockerignore'), 'geheimnis-größ*\n日本\nDockerfile\nbig\n');
      const { id } = await built('FROM busybox:1\nCOPY . /x\nCOPY größe /y/\nCOPY gr*e /z/\n');
      const listing = await output(engine, id, ['sh', '-c', 'cd /x && find . -maxdepth 1 | sort; cat /y/* /z/*']);
      const left = ['.', './.dockerignore', './dangling', './dir', './größe', './hard', './secret', './ünïcödé name'];
      expect(listing).toBe(`${left.join('\n')}\ngrößegröße`);
    });

    test('a file that was written anew and given its old time is new in the image, and its time in a layer is that', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      const old = new Date('2023-11-14T22:13:20Z');
      const seen: string[] = [];
      for (const content of ['AAAA', 'BBBB']) {
        writeFileSync(join(contextDir, 'f'), content);
        utimesSync(join(contextDir, 'f'), old, old);
        const { id } = await built('FROM busybox:1\nCOPY f /\n');
        seen.push(await output(engine, id, ['sh', '-c', 'cat /f; stat -c %Y /f']));
      }
      expect(seen).toEqual([`AAAA${old.getTime() / 1000}\n`, `BBBB${old.getTime() / 1000}\n`]);
    });

    test('8,000 files outlive the health checks of the builder', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      for (let index = 0; index < 8000; index += 1) writeFileSync(join(contextDir, `dir/${index}`), String(index));
      expect(context(await built('FROM busybox:1\nCOPY . /x\nRUN sleep 3\n'))?.requested).toBeGreaterThan(8000);
    });

    test('our fault reaches us as our own error, and the build fails', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      writeFileSync(Buffer.concat([Buffer.from(join(contextDir, 'dir/caf')), Buffer.of(0xe9)]), '');
      const faulty = await build(engine, 'FROM busybox:1\nCOPY . /x\n');
      expect(faulty.id).toBeUndefined();
      // The builder has it in our words or only says that it was cancelled, so its text proves nothing.
      expect(faulty.faults).toMatchObject([{ code: 'CONTEXT_ERROR', message: expect.stringContaining('UTF-8') }]);
    });

    test('a file that is not there is the error of the build, not ours', async () => {
      writeFileSync(join(contextDir, 'Dockerfile'), '');
      const failed = await build(engine, 'FROM busybox:1\nCOPY missing /x\n');
      expect(failed.id).toBeUndefined();
      expect(failed.faults).toEqual([]);
      expect(failed.text).toContain('missing');
    });
  },
);
