/** Bytes that come in pieces. */
export type Content = AsyncIterable<Uint8Array>;

/** What the caller's own reader or content threw during an exchange, as `cause`: the registry has no part in it. */
export class CallersFailure extends Error {
  override readonly name = 'CallersFailure';

  constructor(cause: unknown) {
    super('The caller ended the exchange.', { cause });
  }
}

/** Content that fails with what is made of its failure. */
export async function* failingAs(content: Content, made: (error: unknown) => unknown): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    throw made(error);
  }
}

/**
 * Let a caller read an answer, and tell whose failure ends that.
 *
 * @throws what the answer failed with, whatever the reader made of it; else {@link CallersFailure}
 */
export async function readAnswer(answer: Content, take: (content: Content) => Promise<void>): Promise<void> {
  let ofAnswer: { readonly error: unknown } | undefined;
  const watched = failingAs(answer, (error) => {
    ofAnswer = { error };
    return error;
  });
  try {
    await take(watched);
  } catch (error) {
    throw ofAnswer === undefined ? new CallersFailure(error) : ofAnswer.error;
  }
}
