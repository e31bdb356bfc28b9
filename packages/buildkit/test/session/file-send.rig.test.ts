import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DockError } from '@dock/core';
import { baseImage, engineKinds, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { specOf } from '../../../engine/test/engine-fixture.js';
import { solveRequest } from '../../src/build/solve-request.js';
import { withControl } from '../../src/control/open-control.js';
import { createFileSync } from '../../src/session/filesync/file-sync.js';
import { fileSendService, type SendTarget } from '../../src/session/filesend/file-send.js';
import type { ReceivedTree } from '../../src/session/filesend/receive-tree.js';
import { createSession } from '../../src/session/session.js';
import { rigDoor } from '../rig-door.js';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'dock-filesend-rig-'));
  writeFileSync(join(root, 'big'), Buffer.alloc(3_000_000, 'x'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const text = `FROM busybox:1 AS made
RUN mkdir -p /out/bin /out/empty && echo hi >/out/bin/hello && ln /out/bin/hello /out/same \\
  && ln -s /etc/passwd /out/link && chmod 4755 /out/bin/hello && mkfifo /out/pipe && touch -d @1000000000 /out/bin && chmod 555 /out/bin
COPY big /out/
FROM scratch
COPY --from=made /out /
`;

interface Exporter {
  readonly type: string;
  readonly target: SendTarget;
}

/** One build whose exporters send to targets. */
async function build(engine: SharedRigEngine, exporters: readonly Exporter[], more: { text?: string } = {}) {
  const faults: DockError[] = [];
  const dockerfileText = more.text ?? text;
  const files = createFileSync({ contextDir: root, dockerfilePath: join(root, 'Dockerfile'), dockerfileText });
  const targets = new Map(exporters.map(({ target }, id) => [id, target]));
  const send = fileSendService(targets, (fault) => faults.push(fault));
  const session = createSession({ services: [files.service, send], sharedKey: root });
  const spec = specOf(root, dockerfileText);
  const outputs = exporters.map((each) => ({ ...each, attrs: {} }));
  const facts = { ref: session.id, session: session.id, dockerfileName: files.dockerfileName, outputs };
  const request = solveRequest(spec, facts);
  const solved = withControl(rigDoor(engine), {}, (open) =>
    session.within(open, undefined, () => open.control.solve(request)),
  );
  return { answer: await solved.then(() => undefined, String), faults };
}

/** The names in an archive, in its order. */
async function namesIn(archive: PassThrough): Promise<string[]> {
  const input = Buffer.concat((await archive.toArray()) as Buffer[]);
  return execFileSync('tar', ['-t'], { input, encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((name) => name.replace(/^\.\//, ''));
}

describe.each(engineKinds().map(({ version, store }) => [version, store] as const))(
  'FileSend with BuildKit of Engine %s and the %s store',
  (version, store) => {
    let engine: SharedRigEngine;
    let count = 0;
    // A copy by 20.10 leaves them out.
    const pipes = version === '20.10' ? [] : ['pipe'];
    beforeAll(async () => {
      engine = await sharedEngine({ version, store });
      await baseImage(engine);
    });
    const directoryOf = (): string => join(root, `${version}-${store}-${(count += 1)}`);

    test('takes a directory with modes, times and links, and neither pipes nor set-uid bits', async () => {
      const path = directoryOf();
      const trees: ReceivedTree[] = [];
      const onTree = (tree: ReceivedTree) => trees.push(tree);
      const { answer, faults } = await build(engine, [{ type: 'local', target: { kind: 'directory', path, onTree } }]);
      expect({ answer, faults }).toEqual({ answer: undefined, faults: [] });
      expect(trees).toEqual([{ files: 2, bytes: 3_000_003, leftOut: pipes, unprivileged: 1 }]);
      expect(readdirSync(path).sort()).toEqual(['big', 'bin', 'empty', 'link', 'same']);
      expect(readFileSync(join(path, 'bin/hello'), 'utf8')).toBe('hi\n');
      expect(statSync(join(path, 'bin/hello')).mode & 0o7777).toBe(0o755);
      expect(statSync(join(path, 'bin')).mode & 0o7777).toBe(0o555);
      expect(statSync(join(path, 'bin/hello')).ino).toBe(statSync(join(path, 'same')).ino);
      expect(readlinkSync(join(path, 'link'))).toBe('/etc/passwd');
    });

    test('takes an archive as a stream of bytes', async () => {
      const sink = new PassThrough();
      const entries = namesIn(sink);
      const whole: number[] = [];
      const target: SendTarget = {
        kind: 'bytes',
        name: '-',
        open: () => sink,
        onWhole: (bytes) => whole.push(bytes),
      };
      const { answer, faults } = await build(engine, [{ type: 'tar', target }]);
      expect({ answer, faults }).toEqual({ answer: undefined, faults: [] });
      expect((await entries).map((name) => name.replace(/\/$/, '')).sort()).toEqual([
        'big',
        'bin',
        'bin/hello',
        'empty',
        'link',
        ...pipes,
        'same',
      ]);
      expect(whole[0]).toBeGreaterThan(3_000_000);
    });

    test('tells what is wrong with the destination, and the build fails by it', async () => {
      const path = directoryOf();
      writeFileSync(path, 'a file');
      const { answer, faults } = await build(engine, [{ type: 'local', target: { kind: 'directory', path } }]);
      expect(answer).toMatch(/cannot be written/);
      expect(faults).toEqual([expect.objectContaining({ code: 'OUTPUT_FAILED', details: { path } })]);
    });

    if (version !== '20.10') {
      test('takes several outputs of one build, each by its number', async () => {
        const [one, other] = [directoryOf(), directoryOf()];
        const { answer, faults } = await build(engine, [
          { type: 'local', target: { kind: 'directory', path: one } },
          { type: 'tar', target: { kind: 'bytes', name: '-', open: () => new PassThrough().resume() } },
          { type: 'local', target: { kind: 'directory', path: other } },
        ]);
        expect({ answer, faults }).toEqual({ answer: undefined, faults: [] });
        expect(readdirSync(one)).toEqual(readdirSync(other));
      });
    }

    if (store === 'containerd') {
      test.each(['oci', 'docker'])('takes an image as the archive "%s"', async (type) => {
        const sink = new PassThrough();
        const names = namesIn(sink);
        const { answer } = await build(engine, [{ type, target: { kind: 'bytes', name: '-', open: () => sink } }]);
        expect(answer).toBeUndefined();
        expect(await names).toEqual(expect.arrayContaining(['index.json', 'oci-layout']));
      });
    }
  },
);
