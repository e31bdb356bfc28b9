import childProcess, { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** The names by which standard output can be opened again, for reading none of which makes sense. */
const ownPaths = new Set(['/dev/stdout', '/dev/fd/1', '/proc/self/fd/1', `/proc/${process.pid}/fd/1`]);

/** Functions whose first argument is a descriptor or a path. */
const writers = [
  [fs, ['write', 'writeSync', 'writev', 'writevSync', 'open', 'openSync']],
  [fs, ['writeFile', 'writeFileSync', 'appendFile', 'appendFileSync', 'createWriteStream']],
  [fs.promises, ['open', 'writeFile', 'appendFile']],
] as const;

/** Functions that start a process and wait for it. */
const starters = ['spawnSync', 'execFileSync', 'execSync'] as const;

let isGuarded = false;
let isOwner = false;

/**
 * From now on descriptor 1 belongs to dock alone: a child process that would inherit it gets standard error in its place, and what this process writes to it by
 * number or by name goes there. Node cannot move a descriptor, so the functions that hand one out are replaced, for importers of any kind.
 */
export function keepStandardOutput(): void {
  if (isGuarded) return;
  isGuarded = true;
  for (const [owner, names] of writers)
    for (const name of names)
      replace(owner, name, (original) => {
        return function (this: unknown, target: unknown, ...rest: unknown[]) {
          return Reflect.apply(original, this, [isOwner ? target : elsewhere(target), ...rest]);
        };
      });
  for (const name of starters)
    replace(childProcess, name, (original) => {
      return function (this: unknown, ...args: unknown[]) {
        return Reflect.apply(original, this, args.map(withoutOwn));
      };
    });
  replace(ChildProcess.prototype, 'spawn', (original) => {
    return function (this: unknown, options: unknown, ...rest: unknown[]) {
      return Reflect.apply(original, this, [withoutOwn(options), ...rest]);
    };
  });
  syncBuiltinESMExports();
}

/** Write to descriptor 1 as its owner. @param write Synchronous */
export function asOwner(write: () => void): void {
  isOwner = true;
  try {
    write();
  } finally {
    isOwner = false;
  }
}

/** A replacement has what its original has beside its call: `promisify` looks for it. */
function replace(owner: object, name: string, make: (original: AnyFunction) => AnyFunction): void {
  const original = Reflect.get(owner, name) as AnyFunction;
  const made = make(original);
  Object.defineProperties(made, Object.getOwnPropertyDescriptors(original));
  Reflect.set(owner, name, made);
}

function elsewhere(target: unknown): unknown {
  if (target === 1) return 2;
  return typeof target === 'string' && ownPaths.has(target) ? '/dev/stderr' : target;
}

/** The options of a new process, if these are them, with standard error wherever they say standard output of this one. */
function withoutOwn(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || !('stdio' in options)) return options;
  return { ...options, stdio: withoutOwnStream(options.stdio) };
}

function withoutOwnStream(stdio: unknown): unknown {
  if (stdio === 'inherit') return ['inherit', 2, 'inherit'];
  if (!Array.isArray(stdio)) return stdio;
  return stdio.map((each: unknown, index) => {
    const descriptor = typeof each === 'object' && each !== null && 'fd' in each ? each.fd : each;
    return descriptor === 1 || (each === 'inherit' && index === 1) ? 2 : each;
  });
}
