const json = { 'Content-Type': 'application/json' };
const html = { 'Content-Type': 'text/html' };

/** What stands in place of an answer. */
export const nonsense: Readonly<Record<string, { headers: Record<string, string>; body: string }>> = {
  null: { headers: json, body: 'null' },
  'a number': { headers: json, body: '5' },
  'a text': { headers: json, body: '"hello"' },
  'an empty list': { headers: json, body: '[]' },
  'a list of null': { headers: json, body: '[null]' },
  'wrong types': {
    headers: json,
    body: '{"Id":5,"ID":5,"RepoTags":"a","RepoDigests":7,"Config":{"Labels":[1],"Env":{}},"Descriptor":5,"State":3,"ServerVersion":{}}',
  },
  'truncated JSON': { headers: json, body: '{"Id":"sha256:' },
  HTML: { headers: html, body: '<html><body>Welcome</body></html>' },
};
