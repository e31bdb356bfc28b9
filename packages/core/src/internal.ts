/// <reference types="node" preserve="true" />
/** For dock's own packages, as `@dock/core/internal`: it may change with any version. */
export type { BuildContext, ContextEntry, ContextLimits, ContextRequest } from './context/context-entry.js';
export { contextError } from './context/context-error.js';
export { ContextTotals } from './context/context-totals.js';
export { type Dockerignore, parseDockerignore } from './context/dockerignore.js';
export { findIgnoreFile, type IgnoreFile, ownIgnoreFile, readIgnoreText } from './context/ignore-file.js';
export {
  type BuilderAbility,
  isUnsupported,
  needsContainerdStore,
  refuseUnsupported,
  type UnsupportedOption,
  unsupportedOptions,
} from './options/refuse-unsupported.js';
export {
  type CacheEntry,
  cacheEntries,
  type CacheUse,
  formatCache,
  cacheSecrets,
  goBoolean,
  withCachePaths,
} from './options/cache-entry.js';
export {
  contextName,
  type NamedContext,
  namedContexts,
  withContextPath,
} from './options/named-context.js';
export { type BuilderTlsFiles, type BuilderWord, builderWord } from './options/builder-word.js';
export { withOptionPaths } from './options/option-paths.js';
export { annotationsOf } from './options/annotation.js';
export { attestationsOf } from './options/attestation.js';
export { dropPrototypes } from './text/drop-prototypes.js';
export { canonicalBuilder, isEngineBuilder } from './options/builder-choice.js';
export { type FileOutput, fileOutputs, imageForm, makesImage, withImageWishes } from './options/outputs.js';
export { csvFields } from './options/csv-fields.js';
export { runningStages } from './dockerfile/running-stages.js';
export { runsOn } from './dockerfile/runs-on.js';
export { canonicalPlatform } from './options/platform.js';
export { compileIgnorePattern } from './context/ignore-pattern.js';
export { chunkSize, openFile, readPiece } from './context/open-file.js';
export { createPatternMatcher, type PatternMatcher } from './context/pattern-matcher.js';
export { quotePath } from './context/quote-path.js';
export { readContext } from './context/read-context.js';
export { walkContext, type WalkMatcher } from './context/walk-context.js';
export { orCancelled } from './time/or-cancelled.js';
export { setLimit } from './time/set-limit.js';
export { underLimit, type WorkLimit } from './time/under-limit.js';
export { locateByMessage, locateStep, type NamedStep, takesFrom } from './dockerfile/locate-instruction.js';
export { openHeredoc } from './dockerfile/read-instructions.js';
export { atSourcePlace, type LineRange, type SourcePlace, sourcePlace } from './dockerfile/source-place.js';
export { type BuildEvidence, type BuilderFailure, type BuildStep, keptLines } from './contracts/build-evidence.js';
export { buildIdleError } from './errors/build-idle-error.js';
export { EventGate } from './events/event-gate.js';
export { warningEvent } from './events/warning-event.js';
export { collectBytes } from './text/collect-bytes.js';
export { wholeStepLogs } from './text/whole-step-logs.js';
export { type GoUrl, joinHostPort, parseGoUrl, splitHostPort } from './text/go-url.js';
export { LineTail, OutputTail, StreamDecoders } from './text/output-tail.js';
export { privateRegistry } from './reference/private-registry.js';
export { makeDirectory } from './run/make-directory.js';
export { targetName } from './run/run-record.js';
export { isKnownKind, isPrefixOfRun } from './run/note-rules.js';
export { capitalised } from './text/capitalised.js';
export { withoutMiddle } from './text/without-middle.js';
export { faultError } from './errors/fault-error.js';
export { checkArchiveFile } from './source/archive/check-archive-file.js';
export { archiveKind, kindBytes } from './source/archive/archive-kind.js';
export { readSshKeys, type SshKey } from './secrets/read-ssh-keys.js';
export { SshReader, sshMpint, sshString, sshUint32 } from './secrets/ssh-wire.js';
