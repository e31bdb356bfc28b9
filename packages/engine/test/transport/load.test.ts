import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadDockerode } from '../../src/transport/load-dockerode.js';

const source = join(import.meta.dirname, '../../src');

/** Import specifiers of a module that are loaded with it: no types, no dynamic imports. */
function staticImports(file: string): string[] {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const statements = text.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^'";]*?\bfrom\s+)?'([^']+)'/gms);
  return [...statements].map(([, specifier = '']) => specifier);
}

function reachable(entry: string): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const specifier of staticImports(file)) {
      if (specifier.startsWith('.')) visit(join(file, '..', specifier.replace(/\.js$/, '.ts')));
      else seen.add(specifier);
    }
  };
  visit(entry);
  return seen;
}

describe('what is loaded', () => {
  test('importing the package loads nothing but our own modules and Node’s', () => {
    const packages = [...reachable(join(source, 'index.ts'))].filter(
      (name) => !name.startsWith('/') && !name.startsWith('node:'),
    );
    expect(packages.sort()).toEqual(['@dock/core', '@dock/core/internal', '@dock/registry']);
  });

  test('only the loader imports dockerode, and only dynamically', () => {
    const users = readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) =>
        /^import (?!type)[^;]*'dockerode'|import\('dockerode'\)/m.test(readFileSync(join(source, file), 'utf8')),
      );
    expect(users).toEqual([join('transport', 'load-dockerode.ts')]);
  });

  test('dockerode comes without its session, its modem, gRPC, protobuf and ssh2, and leaves the module cache as it was', () => {
    const dir = join(import.meta.dirname, '../..');
    const loader = readFileSync(join(source, 'transport/load-dockerode.ts'), 'utf8');
    const names = [...loader.matchAll(/^ {2}\['([^']+)'/gm)].map(([, name]) => name);
    expect(names).toEqual(['docker-modem', './session', './buildkit', 'tar-fs', '@balena/dockerignore']);
    const script = `
      const Module = require('node:module'); const loaded = []; const load = Module._load;
      Module._load = function (request, ...rest) { const known = Object.keys(require.cache).length; const value = load.call(this, request, ...rest); return value; };
      const entry = require.resolve('dockerode'); const there = Module.createRequire(entry);
      for (const name of ${JSON.stringify(names)}) { const f = there.resolve(name); require.cache[f] = { id: f, filename: f, loaded: true, exports: () => undefined, children: [], paths: [] }; }
      require(entry); console.log(JSON.stringify(Object.keys(require.cache)));`;
    const files = JSON.parse(
      execFileSync(process.execPath, ['-e', script], { cwd: dir, encoding: 'utf8' }),
    ) as string[];
    expect(files.filter((file) => /grpc|protobuf|ssh2|cpu-features/.test(file))).toEqual([]);
    expect(files.length).toBeLessThan(25);
  });

  test('the trimmed dockerode makes its typed resources', async () => {
    const DockerClass = await loadDockerode();
    const asked: string[] = [];
    const modem = {
      Promise,
      dial: ({ method, path }: { method: string; path: string }, done: (error: null, answer: object) => void) => {
        asked.push(`${method} ${path}`);
        done(null, {});
      },
    };
    await new DockerClass({ modem }).getImage('x').inspect();
    expect(asked).toEqual(['GET /images/x/json']);
  });
});
