import { type DockEvent, type EventBody, eventVersion } from '../contracts/event.js';
import type { SecretMasker } from '../masking/secret-masker.js';

/** Receives each event once it is masked and stamped. While it is behind it returns a promise, which never rejects. */
export type EventWriter = (event: DockEvent) => unknown;

/** The one place where events leave a run: it masks, stamps and numbers them. */
export interface EventSink {
  /** Returns a promise while a writer is behind: more would only fill memory. */
  emit(body: EventBody): unknown;
  /** Let go of text that was held back because a secret could have begun in it. */
  flush(): void;
  /** Nothing is said after the last event, by a tap that is still running for example. */
  close(): void;
}

/**
 * A sink for one run. `seq` starts at 1 and has no gaps.
 *
 * Step output arrives in chunks that may split a secret, so each step and stream is masked by a masker that holds back what could be the beginning of one.
 *
 * @param writers Must not throw.
 */
export function createEventSink(run: string, masker: SecretMasker, writers: readonly EventWriter[]): EventSink {
  let seq = 0;
  let isOpen = true;
  let isWriting = false;
  let behind: Promise<unknown> | undefined;
  const waiting: DockEvent[] = [];
  const streams = new Map<
    string,
    { step: string; stream: 'stdout' | 'stderr'; masker: ReturnType<SecretMasker['createStream']> }
  >();
  const send = (body: EventBody) => {
    seq += 1;
    const stamp = { v: eventVersion, seq, time: new Date().toISOString(), run };
    // First for the reader's eye, and last so that nothing in the body can forge it.
    const event = { ...stamp, ...body, ...stamp } as DockEvent;
    waiting.push(event);
    if (isWriting) return;
    isWriting = true;
    // A writer that meets trouble warns, in the middle of this: its warning comes after, for every writer.
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      for (const write of writers) {
        const returned = write(next);
        if (returned instanceof Promise) behind = returned;
      }
    isWriting = false;
  };
  const sendText = (step: string, stream: 'stdout' | 'stderr', text: string) => {
    if (text !== '') send({ type: 'step.log', step: masker.maskText(step), stream, text });
  };
  const endStreams = (step?: string) => {
    for (const [key, held] of streams) {
      if (step !== undefined && held.step !== step) continue;
      streams.delete(key);
      sendText(held.step, held.stream, held.masker.end());
    }
  };
  return {
    emit(body) {
      behind = undefined;
      if (!isOpen) return undefined;
      if (body.type === 'step.log') {
        const key = `${body.stream}\0${body.step}`;
        let held = streams.get(key);
        if (held === undefined) {
          held = { step: body.step, stream: body.stream, masker: masker.createStream() };
          streams.set(key, held);
        }
        sendText(body.step, body.stream, held.masker.write(body.text));
        return behind;
      }
      if (body.type === 'step.end') endStreams(body.step);
      if (body.type === 'phase.end') endStreams();
      send(masker.maskValue(body));
      return behind;
    },
    flush: () => endStreams(),
    close() {
      endStreams();
      isOpen = false;
    },
  };
}
