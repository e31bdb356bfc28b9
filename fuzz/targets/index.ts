import type { FuzzTarget } from '../fuzz-target.js';
import { config } from './config.js';
import { containerEvents, resultFile, stateFile } from './container.js';
import { dockerfileBytes, dockerfileEdit, dockerfileParse, dockerfileResolve, shellWord } from './dockerfile.js';
import { dockerignore } from './dockerignore.js';
import { gitUrl } from './git-url.js';
import { imagePattern, imageReference } from './image-reference.js';
import { buildkitStatus, grpcFrames, protobuf } from './protobuf.js';
import { challenge, dockerConfig, host, manifest } from './registry.js';
import { demultiplexer, jsonLines, progress } from './streams.js';
import { tar } from './tar.js';
import { cleanOutput, flags, masker, thrown } from './text.js';

/** Every reader of text and bytes from elsewhere. */
export const targets: readonly FuzzTarget[] = [
  jsonLines,
  progress,
  demultiplexer,
  imageReference,
  imagePattern,
  dockerfileParse,
  dockerfileBytes,
  dockerfileEdit,
  dockerfileResolve,
  shellWord,
  dockerignore,
  gitUrl,
  config,
  dockerConfig,
  buildkitStatus,
  protobuf,
  grpcFrames,
  challenge,
  manifest,
  host,
  tar,
  cleanOutput,
  masker,
  flags,
  thrown,
  resultFile,
  containerEvents,
  stateFile,
];
