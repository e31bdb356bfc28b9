import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Checkout, SourceRequest } from '../contracts/checkout.js';
import type { SourceContext } from '../contracts/run-context.js';

/** Interim: being replaced by the source's owner. */
export async function takeSource(request: SourceRequest, context: SourceContext, _limitMs: number): Promise<Checkout> {
  if (request.kind === 'path') {
    const directory = await realpath(resolve(context.cwd, request.path));
    return { kind: 'path', directory, contextDir: directory };
  }
  const run = promisify(execFile);
  await run('git', ['clone', '-q', '--depth', '1', '--', request.url, `${context.workDir}/src`]);
  const directory = `${context.workDir}/src`;
  const { stdout } = await run('git', ['-C', directory, 'log', '-1', '--format=%H %aI']);
  const [commit = '', authorDate = ''] = stdout.trim().split(' ');
  return {
    kind: 'git',
    directory,
    contextDir: directory,
    git: { url: request.url, commit, authorDate, isDirty: false },
  };
}
