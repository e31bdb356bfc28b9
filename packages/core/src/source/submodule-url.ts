/**
 * The URL of a submodule as git resolves it (gitsubmodules(7)): one that begins with `./` or `../` counts from the URL of its parent, part by part; any other is
 * taken as it is.
 *
 * @param parent Without credentials, query and fragment.
 * @returns undefined when it climbs out of the parent's URL
 */
export function submoduleUrl(parent: string, url: string): string | undefined {
  if (!/^\.{1,2}\//.test(url)) return url;
  let base = parent.replace(/\/+$/, '');
  let rest = url;
  let separator = '/';
  for (;;) {
    if (rest.startsWith('../')) {
      rest = rest.slice(3);
      const slash = base.lastIndexOf('/');
      const at = slash < 0 ? base.lastIndexOf(':') : slash;
      if (at < 0) return undefined;
      if (slash < 0) separator = ':';
      base = base.slice(0, at);
    } else if (rest.startsWith('./')) rest = rest.slice(2);
    else break;
  }
  // What is above the host is no place.
  const host = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(parent)?.[0] ?? '';
  if (!base.startsWith(host)) return undefined;
  return `${base}${separator}${rest}`.replace(/\/$/, '');
}
