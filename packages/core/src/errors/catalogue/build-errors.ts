import type { CatalogueRow } from './catalogue-row.js';

/** The build or a gate said no: exit status 1. */
export const buildErrors = [
  {
    code: 'BUILD_FAILED',
    exit: 1,
    retryable: false,
    meaning: 'The engine refused or failed the build.',
    hint: 'Read the last log lines; the first error is the cause.',
  },
  {
    code: 'BUILD_STEP_FAILED',
    exit: 1,
    retryable: false,
    meaning: 'An instruction of the Dockerfile failed.',
    hint: 'Read the last log lines of the step and repair its command.',
  },
  {
    code: 'DOCKERFILE_SYNTAX',
    exit: 1,
    retryable: false,
    meaning: 'The Dockerfile does not parse.',
    hint: 'Repair the named line.',
  },
  {
    code: 'FRONTEND_TOO_OLD',
    exit: 1,
    retryable: false,
    meaning: "The engine's Dockerfile frontend does not know this syntax.",
    hint: 'Name a newer frontend with "# syntax=" or use a newer engine.',
  },
  {
    code: 'GATE_FAILED',
    exit: 1,
    retryable: false,
    meaning: 'A gate (a test of the built image) said no; nothing was published.',
    hint: 'Repair what the gate found wrong in the image, or the gate.',
  },
  {
    code: 'OOM_KILLED',
    exit: 1,
    retryable: false,
    meaning: 'A container was killed for memory.',
    hint: 'Raise the memory limit or use less memory.',
  },
  {
    code: 'DIGEST_MISMATCH',
    exit: 1,
    retryable: false,
    meaning:
      'The registry holds something else than what was pushed, or other bytes than their digest says; or a builder took another image than the one that a base is pinned to.',
    hint: 'Somebody else pushed the same tag, or the registry rewrites manifests; use the digest.',
  },
  {
    code: 'TAG_MOVED',
    exit: 1,
    retryable: false,
    meaning: 'A local tag no longer names the image that this run built.',
    hint: 'Another build uses the same tag; give each its own.',
  },
  {
    code: 'PUSH_REFUSED',
    exit: 1,
    retryable: false,
    meaning: 'The registry refused the push.',
    hint: "Read the registry's message; its policy or a limit said no.",
  },
  {
    code: 'BUILDROOT_HAS_SECRET',
    exit: 1,
    retryable: false,
    meaning: 'A file of the finished build container holds a secret, so it is not published as an image.',
    hint: 'A plugin wrote it there; let it write below TMPDIR, which is not part of the image.',
  },
] as const satisfies readonly CatalogueRow[];
