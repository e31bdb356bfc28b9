import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { BuildSsh } from '@dock/core';
import { readSshKeys } from '@dock/core/internal';
import { fieldText, ProtoWriter, readFields } from '../protobuf.js';
import { GrpcError, grpcStatus, type SessionService } from '../service.js';
import { keyAgent } from './key-agent.js';

/** The ID of a mount that names none. */
const defaultId = 'default';

/** Most bytes in one message to the builder. */
const chunkBytes = 32 * 1024;

/** gRPC metadata that says which agent a stream is for. */
const idHeader = 'buildkit.ssh.id';

/** An agent for steps: behind a socket, or of keys in memory. */
export type SshAgent = { readonly id: string } & (
  | { readonly socket: string }
  | { readonly keys: readonly KeyObject[] }
);

/** What {@link readSshAgents} needs beside the request. */
export interface SshSurroundings {
  /** Where keys that name variables have their values. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Called with what has to be masked of each key. */
  readonly addSecret?: ((secret: string) => void) | undefined;
}

/** The agents that a build asks for; keys are read now. @throws INVALID_OPTION for what is no private key, or one with a passphrase */
export async function readSshAgents(
  asked: readonly BuildSsh[],
  { env = {}, addSecret }: SshSurroundings,
): Promise<readonly SshAgent[]> {
  const agents: SshAgent[] = [];
  for (const each of asked) {
    if ('socket' in each) {
      agents.push(each);
      continue;
    }
    const read = await readSshKeys(each, env);
    for (const secret of read.flatMap(({ mask }) => mask)) addSecret?.(secret);
    agents.push({ id: each.id, keys: read.map(({ key }) => key) });
  }
  return agents;
}

/** `moby.sshforward.v1.SSH`: a byte stream to an ssh agent for each connection that a step makes. */
export function sshService(agents: readonly SshAgent[]): SessionService {
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const agentOf = (asked: string): SshAgent => {
    const id = asked === '' ? defaultId : asked;
    const agent = byId.get(id);
    if (agent === undefined) throw new GrpcError(grpcStatus.notFound, `unset ssh forward key ${id}`);
    return agent;
  };
  return {
    name: 'moby.sshforward.v1.SSH',
    methods: {
      CheckAgent: {
        kind: 'unary',
        handle: async (request) => {
          const field = readFields(request).find(({ number }) => number === 1);
          agentOf(field === undefined ? '' : fieldText(field));
          return new Uint8Array(0);
        },
      },
      ForwardAgent: {
        kind: 'stream',
        handle: async ({ metadata, messages, send, signal }) => {
          const agent = agentOf(metadata.get(idHeader)?.[0] ?? '');
          await ('socket' in agent
            ? forward(agent.socket, { messages, send, signal })
            : fromAgent(keyAgent(agent.keys, bytesOf(messages)), send));
        },
      },
    },
  };
}

interface ByteStream {
  readonly messages: AsyncIterable<Uint8Array>;
  readonly send: (message: Uint8Array) => Promise<void>;
  readonly signal: AbortSignal;
}

async function forward(socket: string, { messages, send, signal }: ByteStream): Promise<void> {
  const agent = await dial(socket);
  const abort = (): void => void agent.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    // The agent's side decides the end: when the builder half-closes, the agent is told so and ends its own.
    void toAgent(agent, messages).catch(abort);
    await fromAgent(agent as AsyncIterable<Buffer>, send);
  } finally {
    signal.removeEventListener('abort', abort);
    agent.destroy();
  }
}

async function dial(path: string): Promise<Socket> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    socket.destroy();
    const { code } = error as NodeJS.ErrnoException;
    throw new GrpcError(grpcStatus.notFound, `the ssh agent "${path}" cannot be reached (${code ?? 'unknown'})`);
  }
  socket.on('error', () => undefined);
  return socket;
}

async function* bytesOf(messages: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  for await (const message of messages)
    for (const { number, bytes } of readFields(message)) if (number === 1) yield bytes;
}

async function toAgent(agent: Socket, messages: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const bytes of bytesOf(messages)) {
    if (!agent.destroyed && !agent.write(bytes)) await Promise.race([once(agent, 'drain'), once(agent, 'close')]);
  }
  agent.end();
}

async function fromAgent(answers: AsyncIterable<Buffer>, send: (message: Uint8Array) => Promise<void>): Promise<void> {
  for await (const chunk of answers) {
    for (let at = 0; at < chunk.length; at += chunkBytes)
      await send(new ProtoWriter().bytes(1, chunk.subarray(at, at + chunkBytes)).finish());
  }
}
