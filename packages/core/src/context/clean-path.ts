/**
 * The shortest path that means the same, by Go's `path/filepath.Clean` on Unix: no `.`, no inner `..`, no doubled or trailing slash;
 * an empty path is `.`.
 */
export function cleanPath(path: string): string {
  const isRooted = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isRooted) kept.push(part);
  }
  if (isRooted) return `/${kept.join('/')}`;
  return kept.length === 0 ? '.' : kept.join('/');
}
