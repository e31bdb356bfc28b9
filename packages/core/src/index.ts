/// <reference types="node" preserve="true" />
export * from './errors/catalogue.js';
export * from './errors/dock-error.js';
export * from './contracts/phases.js';
export * from './contracts/build-output.js';
export * from './contracts/build-request.js';
export * from './contracts/request-options.js';
export * from './contracts/build-spec.js';
export * from './contracts/call-options.js';
export * from './contracts/checkout.js';
export * from './contracts/container-port.js';
export * from './contracts/engine-port.js';
export * from './contracts/event.js';
export * from './contracts/image.js';
export * from './contracts/image-builder.js';
export * from './contracts/image-port.js';
export * from './contracts/image-reference.js';
export * from './contracts/plugin.js';
export * from './contracts/registry-port.js';
export * from './contracts/result.js';
export * from './contracts/run-context.js';
export * from './contracts/run-note.js';
export * from './contracts/runner.js';
export type { RunFacts, StateLine } from './contracts/state-line.js';
export { isDigest, parseDigest, type Digest } from './reference/digest.js';
export { isImageReference, parseImageReference } from './reference/parse-image-reference.js';
export {
  familiarImageReference,
  familiarRepositoryName,
  formatImageReference,
  repositoryName,
} from './reference/format-image-reference.js';
export {
  isSameImage,
  registryHostOf,
  withDefaultTag,
  withDigest,
  withTag,
} from './reference/change-image-reference.js';
export { parseImageIdOrReference, type ImageIdOrReference } from './reference/image-id.js';
export { isLoopbackHost } from './reference/loopback.js';
export { registryPlacePattern, registryPlaceRule } from './reference/registry-place.js';
export { matchesImagePattern } from './reference/image-pattern.js';
export type { SchemaBuilders } from './options/option-row.js';
export { optionSchemas, optionShape } from './options/option-schemas.js';
export { optionTable } from './options/option-table.js';
export type { SpecOptions } from './options/spec-options.js';
export * from './config/validate.js';
export * from './hooks/hook-set.js';
export * from './hooks/guard.js';
export * from './config/define-config.js';
export * from './config/parse-config.js';
export { cancellation } from './errors/cancellation.js';
export * from './errors/error-document.js';
export { isDiskFull, thrownMessage } from './errors/thrown-message.js';
export * from './run/target-references.js';
export * from './version.js';
export * from './config/nearest-word.js';
export * from './run/has-command.js';
export { decodeDockerfile, encodeDockerfile } from './dockerfile/bytes.js';
export type { Directive } from './dockerfile/directives.js';
export type {
  Dockerfile,
  DockerfileWarning,
  Frontend,
  Instruction,
  InstructionList,
  Stage,
} from './dockerfile/dockerfile.js';
export type { BuildVariables } from './dockerfile/build-environment.js';
export { addLabel, insertInstruction, pinFrom, replaceInstruction } from './dockerfile/edit-dockerfile.js';
export { finalLabels, type FinalLabels, type FinalLabelsOptions } from './dockerfile/final-labels.js';
export type { Heredoc } from './dockerfile/heredoc.js';
export { onbuildTriggers } from './dockerfile/onbuild.js';
export { formatDockerfile, parseDockerfile, type ParseDockerfileOptions } from './dockerfile/parse-dockerfile.js';
export {
  resolveBases,
  resolveBasesOf,
  type ResolveBasesOptions,
  type ResolvedBase,
  type ResolvedBases,
} from './dockerfile/resolve-bases.js';
export { processWord } from './dockerfile/shell-word.js';
export type { OnbuildLookup } from './dockerfile/stage-graph.js';
export { describeImage, engineImage } from './run/engine-image.js';
export * from './run/here.js';
export { type Liveness, livenessOf, type ProcessIdentity, processIdentity } from './run/process-identity.js';
export { loadedImageWarning } from './run/loaded-image-warning.js';
export { readRunState, type SavedState } from './run/read-run-state.js';
export {
  noState,
  openRunState,
  type RunState,
  type StateHeader,
  stateFileName,
} from './run/run-state.js';
export * from './run/run-pipeline.js';
export * from './masking/secret-masker.js';
export { controlCharacters, escapeSequences } from './text/terminal-controls.js';
export {
  isGitUrl,
  parseGitSource,
  sourceKind,
  type GitSource,
  type ParseGitSourceOptions,
} from './source/parse-git-source.js';
export {
  type DockerfileChoice,
  readDockerfile,
  takeDockerfile,
  type DockerfileSource,
} from './source/read-dockerfile.js';
export { resolveInside } from './source/resolve-inside.js';
export { fetchSource, type FetchSourceOptions } from './source/fetch-source.js';
export { frontendOf } from './dockerfile/frontend.js';
export { concurrently } from './run/concurrently.js';
export { checkJob, type CheckedJob } from './run/check-job.js';
export { reportCopy } from './run/report-copy.js';
export { RunWitness } from './run/run-witness.js';
export { writeFileAtOnce } from './run/write-file-at-once.js';
export { writeWhole } from './run/write-whole.js';
export { describeSource } from './run/describe-source.js';
export { redactCredentials } from './source/git-url.js';
export { maskedForms, readBuildSecret } from './secrets/read-build-secret.js';
export { formatDate, isDateFormat } from './template/format-date.js';
export { escapeTemplate } from './template/fill-texts.js';
export { gitValues, packageValues } from './template/source-values.js';
export { isMoment, templateVariables, variableHint } from './template/variables.js';
export { userLogin } from './source/user-credentials.js';
export { gitSecrets } from './source/git-secrets.js';
