/**
 * Act once Node's HTTP/2 is done with the bytes that it reads. Ending a session or an open stream makes Node send at once. In an event of the same
 * session, also behind an `await`, that frees streams which the reader still uses: memory is corrupted and the process aborts
 * (nodejs/node#64113, nodejs/node#38964). An immediate never runs within the reader.
 */
export async function outsideHttp2(act: () => void): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  act();
}
