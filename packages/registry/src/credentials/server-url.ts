import { type GoUrl, parseGoUrl } from '@dock/core/internal';

/**
 * Check and normalise the server URL that a credential helper is asked for (docker-credential-helpers `registryurl.Parse`): a bare
 * host gets `//`, the scheme is http, https or none, a query is dropped.
 *
 * @throws TypeError
 */
export function parseServerUrl(text: string): string {
  const url = readUrl(text.includes('://') || text.startsWith('//') ? text : `//${text}`);
  if (!['', 'http', 'https'].includes(url.scheme)) throw new TypeError(`unsupported scheme: ${url.scheme}`);
  if (url.hostname === '') throw new TypeError('no hostname in URL');
  const user = url.username === undefined ? '' : `${encodeURIComponent(url.username)}@`;
  return `${url.scheme === '' ? '' : `${url.scheme}:`}//${user}${url.host}${encodeURI(url.path)}`;
}

/** @throws TypeError that quotes the URL without its fragment, as Go's does */
function readUrl(text: string): GoUrl {
  try {
    return parseGoUrl(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`parse ${JSON.stringify(text.replace(/#.*$/s, ''))}: ${reason}`, { cause: error });
  }
}
