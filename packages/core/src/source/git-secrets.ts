import type { GitSource } from './parse-git-source.js';

/** What has to be masked of a git URL. A token often stands where the user name is; beside a real password the user name is no secret. */
export function gitSecrets({ credentials }: Pick<GitSource, 'credentials'>): readonly string[] {
  if (credentials === undefined) return [];
  const { username, password } = credentials;
  const isToken = password === '' || password === 'x-oauth-basic' || password === 'x-token-auth';
  return [...(isToken ? [username] : [password]), `${username}:${password}`];
}
