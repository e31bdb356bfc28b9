import { resolve } from 'node:path';
import type { Environment } from '@dock/api';
import { type BuildSecret, DockError } from '@dock/core';
import { csvFields } from '@dock/core/internal';

const hint = 'Write id=NAME with src=FILE or env=VARIABLE, as id=token,env=TOKEN.';

/**
 * A secret as docker's `--secret` takes it: `id=NAME[,src=FILE][,env=VARIABLE][,type=file|env]` in any order. With an ID alone it is the
 * variable of that name, else the file of that name. Only the place is read here, never the value.
 *
 * @throws INVALID_OPTION
 */
export function parseSecret(text: string, cwd: string, env: Environment): BuildSecret {
  const wrong = (why: string): DockError => new DockError('INVALID_OPTION', `"--secret ${text}" ${why}.`, { hint });
  const given: { id?: string; src?: string; env?: string; type?: string } = {};
  const fields = csvFields(text);
  if (fields === undefined) throw wrong('has a quote out of place');
  for (const field of fields) {
    const at = field.indexOf('=');
    const key = field.slice(0, Math.max(at, 0)).toLowerCase();
    const value = field.slice(at + 1);
    if (at === -1) throw wrong(`has the field "${field}", which is no key=value`);
    if (key === 'source' || key === 'src') given.src = value;
    else if (key === 'id' || key === 'env' || key === 'type') given[key] = value;
    else throw wrong(`has the unknown key "${key}"`);
  }
  const { id = '', type } = given;
  if (type !== undefined && type !== 'file' && type !== 'env') throw wrong(`has the unknown type "${type}"`);
  if (id === '') throw wrong('has no id');
  let variable = given.env ?? '';
  let file = given.src ?? '';
  if (type === 'env' && variable === '') [variable, file] = [file, ''];
  if (variable !== '') return { id, env: variable };
  if (file !== '') return { id, file: resolve(cwd, file) };
  return env[id] === undefined ? { id, file: resolve(cwd, id) } : { id, env: id };
}
