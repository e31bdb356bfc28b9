import { join } from 'node:path';
import { runCommand } from '../install/run-command.js';
import type { RigFiles, RigRepository } from './rig-git-server.js';

const author = 'Rig <rig@localhost>';
const firstCommit = Date.UTC(2024, 0, 1) / 1000;

/** Where a repository lies and how it is reached. */
export interface RepositoryPlace {
  readonly name: string;
  readonly root: string;
  readonly serverUrl: string;
  readonly username: string;
  readonly password: string;
}

/** Makes a bare repository with a first commit on `main`. */
export async function makeRepository(place: RepositoryPlace, files: RigFiles): Promise<RigRepository> {
  const path = join(place.root, `${place.name}.git`);
  const git = (args: readonly string[], input?: string | Uint8Array) =>
    runCommand('git', ['-c', 'safe.directory=*', '--git-dir', path, ...args], {
      env: gitEnvironment(place.root),
      ...(input === undefined ? {} : { input }),
    });
  await runCommand('git', ['init', '--quiet', '--bare', '--initial-branch=main', '--template=', path], {
    env: gitEnvironment(place.root),
  });
  // A build may name any commit, not only a branch's head; partial clones filter.
  for (const key of ['uploadpack.allowAnySHA1InWant', 'uploadpack.allowFilter', 'http.receivepack']) {
    await git(['config', key, 'true']);
  }
  let commits = 0;
  const url = `${place.serverUrl}/${place.name}.git`;
  const withCredentials = new URL(url);
  withCredentials.username = place.username;
  withCredentials.password = place.password;
  const repository: RigRepository = {
    name: place.name,
    url,
    urlWithCredentials: withCredentials.href,
    path,
    commit: async (changes, message = 'change', branch = 'main') => {
      const isNew = (await git(['for-each-ref', `refs/heads/${branch}`])) === '';
      const parent = isNew ? (commits === 0 ? undefined : 'refs/heads/main') : `refs/heads/${branch}`;
      await git(['fast-import', '--quiet'], importStream({ branch, message, parent, changes, number: commits }));
      commits += 1;
      return repository.head(branch);
    },
    branch: async (name, at = 'main') => {
      await git(['branch', '--force', name, at]);
    },
    tag: async (name, { at = 'main', message } = {}) => {
      await git(['tag', ...(message === undefined ? [] : ['--annotate', '-m', message]), name, at]);
    },
    head: async (branch = 'main') => (await git(['rev-parse', '--verify', `refs/heads/${branch}`])).trim(),
  };
  await repository.commit(files, 'first commit');
  return repository;
}

/** The input of `git fast-import` (git-fast-import(1)) for one commit. */
function importStream(commit: {
  readonly branch: string;
  readonly message: string;
  readonly parent: string | undefined;
  readonly changes: RigFiles;
  readonly number: number;
}): Buffer {
  const when = `${String(firstCommit + 60 * commit.number)} +0000`;
  const parts: (string | Uint8Array)[] = [
    `commit refs/heads/${commit.branch}\n`,
    `committer ${author} ${when}\n`,
    ...counted(commit.message),
    ...(commit.parent === undefined ? [] : [`from ${commit.parent}^0\n`]),
  ];
  for (const [path, file] of Object.entries(commit.changes)) {
    const name = JSON.stringify(path);
    if (file === null) {
      parts.push(`D ${name}\n`);
    } else if (typeof file === 'string') {
      parts.push(`M 100644 inline ${name}\n`, ...counted(file));
    } else if ('symlink' in file) {
      parts.push(`M 120000 inline ${name}\n`, ...counted(file.symlink));
    } else {
      parts.push(`M ${file.mode ?? '100644'} inline ${name}\n`, ...counted(file.content));
    }
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

function counted(content: string | Uint8Array): (string | Uint8Array)[] {
  return [`data ${String(Buffer.byteLength(content))}\n`, content, '\n'];
}

function gitEnvironment(home: string): NodeJS.ProcessEnv {
  const [name = '', email = ''] = author.slice(0, -1).split(' <');
  const when = `${String(firstCommit)} +0000`;
  return {
    PATH: process.env.PATH,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: when,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: when,
  };
}
