import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { EnginePort } from '@dock/core';
import { baseImage, engineKinds, engineRequest, rigTool, sharedEngine, type SharedRigEngine } from '@dock/testing';
import { portTo, specOf } from '../engine-fixture.js';

/** Files of a source beside its Dockerfile, with the names that `COPY . .` copies. */
const sources: readonly {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  /** The Dockerfile. @default 'Dockerfile' */
  readonly file?: string;
  /** Where `Dockerfile` leads, if it is a link. */
  readonly link?: string;
}[] = [
  { what: 'no .dockerignore', files: { a: 'a', 'sub/b': 'b' } },
  {
    what: 'a .dockerignore that names a directory',
    files: { a: 'a', 'node_modules/m': 'm', '.dockerignore': 'node_modules\n' },
  },
  {
    what: 'a .dockerignore with an exception',
    files: { a: 'a', 'lib/m': 'm', 'lib/n': 'n', '.dockerignore': 'lib\n!lib/n\n*.log' },
  },
  { what: 'a .dockerignore that allows', files: { a: 'a', 'sub/b': 'b', c: 'c', '.dockerignore': '*\n!a\n!sub\n' } },
  { what: 'a .dockerignore that hides itself', files: { a: 'a', '.dockerignore': '.dockerignore\n.git\n' } },
  { what: 'a .dockerignore that hides the Dockerfile', files: { a: 'a', '.dockerignore': '# no\nDockerfile*\n' } },
  {
    what: 'a Dockerfile in a hidden directory',
    files: { a: 'a', 'build/x': 'x', '.dockerignore': 'build\n' },
    file: 'build/Prod',
  },
  {
    what: 'a Dockerfile behind a link',
    files: { a: 'a', 'build/Prod': '', '.dockerignore': 'tmp\n' },
    link: 'build/Prod',
  },
];

// The client of Engine 26: what it sends is what later ones send. Clients of 20.10 send other modes and owners, which share no cache with those of later ones.
const docker = rigTool('docker', '26');

const kinds = engineKinds().filter(({ version, store }) => version !== 'podman' && store === 'classic');
describe.each(kinds)('the cache of the classic builder of Engine $version', ({ version, store }) => {
  let engine: SharedRigEngine;
  let port: EnginePort;
  let contextDir: string;
  /** What the steps of the last build by dock said. */
  let lines: string[];
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'dock-docker-cache-')));
  const built = new Set<string>();
  beforeAll(async () => {
    engine = await sharedEngine({ version, store });
    await baseImage(engine);
    port = await portTo(engine.socketPath);
  });
  beforeEach(() => {
    contextDir = mkdtempSync(join(directory, 'source-'));
  });
  afterAll(async () => {
    for (const id of built) await engineRequest(engine.socketPath, 'DELETE', `/images/${id}?force=1`);
    await port.close();
    rmSync(directory, { recursive: true });
  });

  function put(path: string, content: string): void {
    mkdirSync(dirname(join(contextDir, path)), { recursive: true });
    writeFileSync(join(contextDir, path), content);
  }
  /** The image ID of docker's own client. @param input a Dockerfile in place of the file */
  function byDocker(file: string, input?: string): string {
    const args = [
      '-H',
      engine.host,
      'build',
      '--quiet',
      '--network',
      'none',
      '--file',
      input === undefined ? join(contextDir, file) : '-',
    ];
    const id = execFileSync(docker, [...args, contextDir], {
      env: { PATH: process.env.PATH, HOME: directory, DOCKER_BUILDKIT: '0' },
      input: input ?? '',
      stdio: ['pipe', 'pipe', 'ignore'],
      encoding: 'utf8',
    }).trim();
    built.add(id);
    return id;
  }
  async function byDock(file: string, text: string): Promise<string> {
    const spec = specOf(contextDir, text, { builder: 'classic', network: 'none' });
    lines = [];
    const { id } = await port.build(
      { ...spec, dockerfile: { path: join(contextDir, file), text } },
      { onEvent: (event) => void (event.type === 'step.log' && lines.push(event.text)) },
    );
    built.add(id);
    return id;
  }
  async function parentOf(id: string): Promise<string> {
    return ((await engineRequest(engine.socketPath, 'GET', `/images/${id}/json`)).json() as { Parent: string }).Parent;
  }

  describe.each(sources)('with $what', ({ files, file = 'Dockerfile', link }) => {
    let text: string;
    beforeEach(() => {
      for (const [path, content] of Object.entries(files)) put(path, content);
      if (link !== undefined) symlinkSync(link, join(contextDir, file));
      put('salt', contextDir);
      text = 'FROM busybox:1\nCOPY . /x/\nCOPY a /y/\n';
      put(file, text);
    });

    test('a build by dock takes every step of a build by docker', async () => {
      expect(await byDock(file, text)).toBe(byDocker(file));
    });

    test('a build by docker takes every step of a build by dock', async () => {
      const id = await byDock(file, text);
      expect(byDocker(file)).toBe(id);
    });

    test('an edit of the text by a plugin loses no step before it', async () => {
      const id = byDocker(file);
      expect(await parentOf(await byDock(file, `${text}ENV EDITED=1\n`))).toBe(id);
      expect(await parentOf(await byDock(file, `# another comment\n${text}ENV EDITED=2\n`))).toBe(id);
    });
  });

  test('a Dockerfile from elsewhere is the same as on the standard input of docker', async () => {
    put('salt', contextDir);
    const text = 'FROM busybox:1\nCOPY . /x/\n';
    const id = byDocker('', text);
    expect(await byDock('../elsewhere', text)).toBe(id);
  });

  // The engine cannot be told of the other text without one more line in that file; docker adds a random line for each build.
  test('edits lose no step where nothing of the root is hidden', async () => {
    put('.dockerignore', '# nothing\nsub/x\n');
    put('salt', contextDir);
    const text = 'FROM busybox:1\nCOPY . /x/\n';
    put('Dockerfile', text);
    const [first, second] = [
      await byDock('Dockerfile', `${text}ENV EDITED=1\n`),
      await byDock('Dockerfile', `${text}ENV EDITED=2\n`),
    ];
    expect(await parentOf(second)).toBe(await parentOf(first));
    const shown = await byDock('Dockerfile', `${text}RUN cat /x/.dockerignore /x/Dockerfile && ls -A /x\n`);
    expect(await parentOf(shown)).toBe(await parentOf(first));
    const said = lines
      .join('\n')
      .split('\n')
      .filter((line) => line !== '');
    expect(said).toEqual([
      '# nothing',
      'sub/x',
      '.dockerfile',
      'FROM busybox:1',
      'COPY . /x/',
      '.dockerignore',
      'Dockerfile',
      'salt',
    ]);
  });
});
