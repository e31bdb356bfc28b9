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

/** The failure that an answer tells of: `{"message": …}`, or plain text as proxies send it. */
export async function httpFailure({ status, stream }: EngineAnswer): Promise<EngineHttpFailure> {
  let text = '';
  try {
    text = (await readBody(stream, messageLimit)).toString('utf8').trim();
  } catch {
    stream.destroy();
  }
  return new EngineHttpFailure(status, failureMessage(text) ?? `HTTP status ${status}`);
}

function failureMessage(text: string): string | undefined {
  try {
    const parsed = JSON.parse(text) as { message?: unknown; cause?: unknown } | null;
    if (typeof parsed?.message === 'string' && parsed.message !== '') return parsed.message;
  } catch {
    // Not JSON: a proxy's or an old engine's plain text.
  }
  return text === '' ? undefined : text.slice(0, 2000);
}
