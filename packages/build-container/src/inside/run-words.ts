import type { RunVoice } from '@dock/core';

/** What may be said. */
type Voice = Pick<RunVoice, 'log' | 'warn'>;

/** What a run says beside its events, kept until it is open. */
export interface RunWords {
  /** Say it in the run, now or as soon as it opens. */
  readonly say: (words: (voice: Voice) => void) => void;
  readonly open: (voice: Voice) => void;
  /** The run is over: had it never opened, what still waits, and what comes, is plain text. */
  readonly end: () => void;
}

/** @param print Takes lines of plain text. */
export function createRunWords(print: (line: string) => void): RunWords {
  const waiting: ((voice: Voice) => void)[] = [];
  let voice: Voice | undefined;
  const open = (next: Voice): void => {
    voice = next;
    for (const words of waiting.splice(0)) words(next);
  };
  return {
    say(words) {
      if (voice === undefined) waiting.push(words);
      else words(voice);
    },
    open,
    end() {
      if (voice !== undefined) return;
      open({
        log: (_level, message) => print(message),
        warn: ({ message, hint = '' }) => print(`${message} ${hint}`.trimEnd()),
      });
    },
  };
}
