import { sampleCase } from './sample-case.js';

const both = (pattern: RegExp) => ({ refused: { buildkit: pattern, classic: pattern } });

/** What is refused, for the reason that docker gives. */
export const refusing = [
  sampleCase('copy-of-nothing', ['FROM scratch', 'COPY missing /'], both(/missing/)),
  sampleCase('no-such-instruction', ['FROM busybox:1', 'FETCH a b'], both(/FETCH/)),
  sampleCase('a-step-that-fails', ['FROM busybox:1', 'RUN exit 7'], both(/(?:code|status)\D*7/)),
  sampleCase('a-name-without-a-value', ['FROM busybox:1', 'ENV novalue'], both(/ENV must have two arguments/)),
  sampleCase('no-such-stage', ['FROM busybox:1 AS one'], { target: 'two', ...both(/two/) }),
  sampleCase('here-documents', ['FROM busybox:1', 'COPY <<EOF /text', 'some text', 'EOF'], {
    refused: { classic: /SOME|here-document/ },
  }),
];
