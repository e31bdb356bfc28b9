import { createHash } from 'node:crypto';
import { type BuildSpec, DockError } from '@dock/core';
import { contentService, type ServedContent } from '../content/content-service.js';
import { CallFailure } from '../rpc/call-failure.js';
import { authService } from '../session/auth/auth-service.js';
import { buildRepositories } from '../session/auth/build-repositories.js';
import { tokenService } from '../session/auth/token-service.js';
import { type FileSendService, fileSendService } from '../session/filesend/file-send.js';
import type { FileSync } from '../session/filesync/file-sync.js';
import { secretsService } from '../session/secrets-service.js';
import type { SessionService } from '../session/service.js';
import { type BuildSession, createSession } from '../session/session.js';
import { type SshAgent, sshService } from '../session/ssh/ssh-service.js';
import type { FirstFault } from './first-fault.js';
import type { SolveEnvironment } from './solve-environment.js';
import { targetsOf } from './solve-output.js';
import { untrustedFrontend } from './untrusted-frontend.js';

/** What a session of a build is made of. */
export interface SessionParts {
  readonly files: FileSync;
  readonly content: ReadonlyMap<string, ServedContent>;
  readonly agents: readonly SshAgent[];
  readonly environment: SolveEnvironment;
  readonly faults: FirstFault;
}

/** The session of one try of a build. */
export function createBuildSession(
  spec: BuildSpec,
  { files, content, agents, environment, faults }: SessionParts,
): BuildSession & Pick<FileSendService, 'ended'> {
  const { source, env, machine, outputs = [], access = 'credentials' } = environment;
  const targets = targetsOf(outputs);
  const sends = fileSendService(targets, faults.keep);
  const session = createSession({
    sharedKey: createHash('sha256').update(`${machine}:${spec.contextDir}`).digest('hex'),
    onRefused: (cause) => faults.keep(sessionEnd(cause)),
    services: [
      files.service,
      ...(targets.size === 0 ? [] : [sends]),
      ...(content.size === 0 ? [] : [contentService(content)]),
      ...(access === 'nothing' || untrustedFrontend(spec) !== undefined ? [] : [authOf(spec, environment, faults)]),
      ...(spec.secrets === undefined
        ? []
        : [secretsService(spec.secrets, { env, addSecret: source.addSecret, onFault: faults.keep })]),
      ...(agents.length === 0 ? [] : [sshService(agents)]),
    ],
  });
  return { ...session, ended: sends.ended };
}

function authOf(
  spec: BuildSpec,
  { source, access, outputs = [] }: SolveEnvironment,
  { keepWithheld }: FirstFault,
): SessionService {
  return access === 'tokens'
    ? tokenService(source, buildRepositories(spec, outputs), keepWithheld)
    : authService(source, keepWithheld);
}

function sessionEnd(cause: CallFailure | RangeError): DockError {
  if (cause instanceof CallFailure)
    return new DockError('DAEMON_ERROR', `The builder ended the session: ${cause.message}.`, { cause });
  return new DockError('DAEMON_PROTOCOL', `The builder's messages in the session make no sense: ${cause.message}.`, {
    cause,
  });
}
