import { readdirSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { nearestWord, type WarningDocument } from '@dock/core';
import { configExtensions, configNames } from './find-config.js';

const extensions: readonly string[] = configExtensions;
const dataExtensions = ['.json', '.json5', '.jsonc', '.yaml', '.yml', '.toml'];

/**
 * What to say of a config that is there and is not read, when none is: one under another name in the directory that the user started in (or its `.config`), else
 * one in the directory that is built, else one in a directory above. Nothing is opened.
 *
 * @param source The directory that is built, absolute, where it is one.
 */
export function unreadConfig(cwd: string, source: string | undefined): WarningDocument | undefined {
  for (const directory of [cwd, join(cwd, '.config')]) {
    const name = likeConfigs(directory)[0];
    if (name !== undefined) return underAnotherName(relative(cwd, join(directory, name)), directory === cwd);
  }
  for (const directory of [...(source === undefined || source === cwd ? [] : [source]), ...above(cwd)]) {
    const name = likeConfigs(directory).find((each) => extensions.includes(extname(each)));
    if (name !== undefined) return elsewhere(relative(cwd, join(directory, name)), relative(cwd, directory));
  }
  return undefined;
}

function underAnotherName(file: string, isHere: boolean): WarningDocument {
  const message = `"${file}" is not read: a config is named ${configNames.join(', ')}, in the directory that dock is started in.`;
  if (!extensions.includes(extname(file)))
    return { message, hint: 'A config is code: write "export default defineConfig({ … })" into dock.config.mts.' };
  const name = `dock.config${/^\.c[jt]s$/.test(extname(file)) ? '.mts' : extname(file)}`;
  const remedy = isHere ? `Rename it to ${name}` : `Move it to ${name}`;
  return { message, hint: `${remedy}, or pass --config ${file}.` };
}

function elsewhere(file: string, directory: string): WarningDocument {
  const message = `"${file}" is not read: dock reads a config in the directory that it is started in only.`;
  return { message, hint: `Start dock in ${directory}, or pass --config ${file}.` };
}

/** The files of a directory that look like a config: `dock.config.cjs`, `dockconfig.ts`, `Dock.Config.ts`, `.dockrc`, `dock.conifg.ts`. */
function likeConfigs(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    // What cannot be read has no config that anybody means.
    return [];
  }
  return names.filter(isLikeConfig).sort();
}

function isLikeConfig(name: string): boolean {
  if (/^\.dockrc(?:\.[a-z0-9]+)?$/i.test(name)) return true;
  const extension = extname(name).toLowerCase();
  if (![...extensions, ...dataExtensions].includes(extension)) return false;
  const stem = name.slice(0, -extension.length).replace(/^\./, '');
  // docker's own are not dock's.
  return /^dock(?!er)/i.test(stem) && nearestWord(stem.replaceAll('.', ''), ['dockconfig']) !== undefined;
}

function above(cwd: string): string[] {
  const parent = dirname(cwd);
  return parent === cwd ? [] : [parent, ...above(parent)];
}
