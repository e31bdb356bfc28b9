// Starts the script that dock is: from what Node compiled of it in an earlier run, where that is kept (docs/decisions/0054-one-script.md).
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Bytes of the checksum before the compiled code. */
const checksumBytes = 4;

/** How many are kept beside the newest. */
const keptOthers = 3;

/**
 * Run the script and take what it exports.
 *
 * @param address URL of the script, which begins with a comment that names its content
 * @param options `isKept`: whether what was compiled is kept when the process ends well, for the runs after it
 */
export function start(address, { isKept }) {
  const file = fileURLToPath(address);
  const source = readFileSync(file, 'utf8');
  // Of the script Node compares the length alone.
  const key = `${/^\/\*(\w+)\*\//.exec(source)?.[1]}-${process.version}-${process.arch}`;
  const directory = keptDirectory();
  const cachedData = directory === undefined ? undefined : readKept(join(directory, key));
  const script = new Script(`(function(require,module,exports,__address,__import){${source}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  const load = (name) => import(name);
  script.runInThisContext()(createRequire(address), module, module.exports, address.href, load);
  const isNew = cachedData === undefined || script.cachedDataRejected === true;
  // A run that failed has not come to most of the code.
  if (isKept && isNew && directory !== undefined)
    process.once('exit', (status) => status === 0 && keep(directory, key, script));
  return module.exports;
}

/** The directory for compiled code: with those above it ours, and nobody else's to write to; `undefined` where there is none. */
function keptDirectory() {
  try {
    const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    // Relative to where dock runs, it might come with somebody's sources.
    if (!isAbsolute(base) || !isOurs(statSync(existing(base)))) return undefined;
    const directory = join(base, 'dock', 'compiled');
    for (const each of [base, join(base, 'dock'), directory]) makeDirectory(each);
    // Whoever may write to one of them could put another in the place of the next.
    const areOurs = isOurs(statSync(base)) && [join(base, 'dock'), directory].every((each) => isOurs(lstatSync(each)));
    return areOurs && (process.getuid === undefined || (lstatSync(directory).mode & 0o077) === 0)
      ? directory
      : undefined;
  } catch {
    // It only saves time.
    return undefined;
  }
}

/** The directory itself, or what it would be made in: in the home of another user, root makes nothing. */
function existing(base) {
  return statSync(base, { throwIfNoEntry: false }) === undefined ? dirname(base) : base;
}

function isOurs(found) {
  if (!found.isDirectory()) return false;
  return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
}

/** One level: Node's own way to make all of them does not end where a file system takes none. */
function makeDirectory(path) {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Compiled code that is as it was written: Node itself does not look for damage. */
function readKept(path) {
  try {
    const bytes = readFileSync(path);
    const code = bytes.subarray(checksumBytes);
    return crc32(code) === bytes.readUInt32LE() ? code : undefined;
  } catch {
    // There is none yet.
    return undefined;
  }
}

/** Keep what is compiled by now, in the place of what was kept longest ago: other versions of Node and of dock have theirs. */
function keep(directory, key, script) {
  try {
    const code = script.createCachedData();
    const checksum = Buffer.alloc(checksumBytes);
    checksum.writeUInt32LE(crc32(code));
    const path = join(directory, key);
    writeFileSync(`${path}.${process.pid}`, Buffer.concat([checksum, code]), { mode: 0o600 });
    renameSync(`${path}.${process.pid}`, path);
    const age = (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const others = readdirSync(directory).filter((name) => name !== key);
    others.sort((one, other) => age(other) - age(one));
    for (const name of others.slice(keptOthers)) rmSync(join(directory, name), { force: true });
  } catch {
    // Without room or rights, the next run compiles again.
  }
}
