import { type DockEvent, type EventBody, eventVersion } from '../contracts/event.js';
import type { SecretMasker } from '../masking/secret-masker.js';

/** Receives each event once it is masked and stamped. */
export type EventWriter = (event: DockEvent) => void;

/** The one place where events leave a run: it masks, stamps and numbers them. */
export interface EventSink {
  emit(body: EventBody): void;
  /** Let go of text that was held back because a secret could have begun in it. */
  flush(): void;
}

/**
 * A sink for one run. `seq` starts at 1 and has no gaps.
 *
 * Step output arrives in chunks that may split a secret, so each step and stream is masked by a masker that holds back what could be the beginning of one.
 */
export function createEventSink(run: string, masker: SecretMasker, writers: readonly EventWriter[]): EventSink {
  let seq = 0;
  const streams = new Map<
    string,
    { step: string; stream: 'stdout' | 'stderr'; masker: ReturnType<SecretMasker['createStream']> }
  >();
  const send = (body: EventBody) => {
    seq += 1;
    const event = { v: eventVersion, seq, time: new Date().toISOString(), run, ...body } as DockEvent;
    for (const write of writers) write(event);
  };
  const sendText = (step: string, stream: 'stdout' | 'stderr', text: string) => {
    if (text !== '') send({ type: 'step.log', step, stream, text });
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
      if (body.type === 'step.log') {
        const key = `${body.stream}\0${body.step}`;
        let held = streams.get(key);
        if (held === undefined) {
          held = { step: body.step, stream: body.stream, masker: masker.createStream() };
          streams.set(key, held);
        }
        sendText(body.step, body.stream, held.masker.write(body.text));
        return;
      }
      if (body.type === 'step.end') endStreams(body.step);
      if (body.type === 'phase.end') endStreams();
      send(masker.maskValue(body));
    },
    flush: () => endStreams(),
  };
}
