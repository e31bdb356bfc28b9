import { readBody, type EngineAnswer } from './engine-request.js';

/** An answer of the engine with an error status. */
export class EngineHttpFailure extends Error {
  override readonly name = 'EngineHttpFailure';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Bytes of an error's text that are kept. */
const messageLimit = 64 * 1024;

/** The failure that an answer tells of: `{"message": …}`, a message of a stream, as podman answers a push, or plain text as proxies send it. */
export async function httpFailure({ status, stream }: EngineAnswer): Promise<EngineHttpFailure> {
  let text = '';
  try {
    text = (await readBody(stream, messageLimit)).toString('utf8').trim();
  } catch {
    stream.destroy();
  }
  return new EngineHttpFailure(status, failureMessage(text) ?? `HTTP status ${status}`);
}

interface Answer {
  readonly message?: unknown;
  readonly errorDetail?: { readonly message?: unknown } | null;
  readonly error?: unknown;
}

function failureMessage(text: string): string | undefined {
  try {
    const [first = ''] = text.split('\n', 1);
    const parsed = JSON.parse(text.startsWith('{"error') ? first : text) as Answer | null;
    const told = [parsed?.message, parsed?.errorDetail?.message, parsed?.error];
    const words = told.find((each): each is string => typeof each === 'string' && each !== '');
    if (words !== undefined) return words;
  } catch {
    // Not JSON: a proxy's or an old engine's plain text.
  }
  return text === '' ? undefined : text.slice(0, 2000);
}
