/** User and password of a URL, as meant. */
export function loginOf(text: string): { readonly username: string; readonly password: string } | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.username === '' && url.password === '')) return undefined;
  return { username: decoded(url.username), password: decoded(url.password) };
}

/** As it is where it is not escaped. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
