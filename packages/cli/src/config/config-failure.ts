import { readFileSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DockError, isDockError } from '@dock/core';
import { findSyntaxError } from './load-module.js';

/** What went wrong while a config was loaded, as one error: file, line, first cause. */
export async function configFailure(error: unknown, file: string): Promise<DockError> {
  if (isDockError(error) && error.code !== 'CONFIG_ERROR') return error;
  const thrown = isDockError(error) ? (error.cause ?? error) : error;
  if (isDockError(thrown)) return thrown;
  const missing = missingModule(thrown);
  if (missing !== undefined) return missingModuleError(thrown, missing.specifier, missing.importer ?? file);
  const parse = await parseError(thrown, file);
  const place = parse?.place ?? placeOf(thrown, file);
  const message = parse?.message ?? describe(thrown);
  return new DockError('CONFIG_ERROR', `The config "${file}" failed at ${place}: ${message}`, {
    cause: thrown,
    ...(isCommonJs.test(message) ? { hint: commonJsHint } : {}),
    details: { place },
  });
}

/** What Node says of CommonJS that it reads as a module. */
const isCommonJs = /\b(?:module|exports|require|__dirname|__filename) is not defined/;
const commonJsHint =
  'A config is a module: write "import" and "export default" in place of "require" and "module.exports".';

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `it threw ${JSON.stringify(thrown) ?? String(thrown)}`;
  const first = thrown.message.split('\n')[0] ?? '';
  return thrown.name === 'Error' ? first : `${thrown.name}: ${first}`;
}

/** jiti: `ParseError: … <newline> file:line:column`; Node names no place, so the file is parsed once more for it. */
async function parseError(thrown: unknown, file: string): Promise<{ message: string; place: string } | undefined> {
  if (!(thrown instanceof Error)) return undefined;
  const own = readParseMessage(thrown.message);
  if (own !== undefined) return own;
  if (thrown.name !== 'SyntaxError' || firstPlace(thrown.stack ?? '', file) !== undefined) return undefined;
  const found = await findSyntaxError(readFileSync(file, 'utf8'), file);
  if (found === undefined)
    return { message: `${thrown.message} (a syntax error)`, place: `"${file}" or a file that it imports` };
  return { message: `syntax error: ${found.message.trim()}`, place: `"${file}:${found.line}:${found.column}"` };
}

function readParseMessage(message: string): { message: string; place: string } | undefined {
  const match = /^ParseError: (.*?)\s*\n\s*(\S.*:\d+:\d+)\s*$/s.exec(message);
  if (match === null) return undefined;
  return { message: `syntax error: ${match[1] ?? ''}`, place: `"${match[2] ?? ''}"` };
}

function placeOf(thrown: unknown, file: string): string {
  return `"${(thrown instanceof Error ? firstPlace(thrown.stack ?? '', file) : undefined) ?? file}"`;
}

/** The first frame of a stack that is in the project: `file:line:column`. */
function firstPlace(stack: string, file: string): string | undefined {
  const root = dirname(file);
  for (const line of stack.split('\n')) {
    const match = /(?:^|\(|\s)((?:file:\/\/)?\/[^()]*?):(\d+)(?::(\d+))?\)?$/.exec(line.trim());
    if (match === null) continue;
    const path = (match[1] ?? '').startsWith('file://') ? fileURLToPath(match[1] ?? '') : (match[1] ?? '');
    if (!path.startsWith(`${root}/`) || path.includes('/node_modules/')) continue;
    return [path, match[2], match[3]].filter((part) => part !== undefined).join(':');
  }
  return undefined;
}

function missingModule(thrown: unknown): { specifier: string; importer?: string } | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined;
  const match = /^Cannot find (?:module|package) '([^']+)'(?: imported from (.+))?/.exec(thrown.message);
  if (match?.[1] === undefined) return undefined;
  const stack = (thrown as { requireStack?: readonly string[] }).requireStack;
  const importer = match[2]?.replace(/\n.*/s, '') ?? stack?.[0];
  return { specifier: match[1], ...(importer === undefined ? {} : { importer }) };
}

function missingModuleError(thrown: unknown, specifier: string, importer: string): DockError {
  const place = `"${importer}${lineOf(importer, specifier)}"`;
  if (specifier.startsWith('.') || isAbsolute(specifier)) {
    return new DockError('CONFIG_ERROR', `${place} imports "${specifier}", which does not exist.`, {
      cause: thrown,
      hint: 'Correct the path of the import.',
      details: { place },
    });
  }
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  return new DockError(
    'PLUGIN_NOT_FOUND',
    `${place} imports "${name}", which is not installed; it was looked for from "${dirname(importer)}" upwards.`,
    {
      cause: thrown,
      hint: `Add it to the project: pnpm add --save-dev ${name} (npm install --save-dev, yarn add --dev).`,
      details: { place, package: name },
    },
  );
}

function lineOf(file: string, specifier: string): string {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    const index = lines.findIndex((line) => line.includes(`'${specifier}'`) || line.includes(`"${specifier}"`));
    return index === -1 ? '' : `:${index + 1}`;
  } catch {
    return '';
  }
}
