import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { BuildSsh } from '@dock/core';
import { fieldText, ProtoWriter, readFields } from './protobuf.js';
import { GrpcError, grpcStatus, type SessionService } from './service.js';

/** The ID of a mount that names none. */
const defaultId = 'default';

/** Most bytes in one message to the builder. */
const chunkBytes = 32 * 1024;

/** gRPC metadata that says which agent a stream is for. */
const idHeader = 'buildkit.ssh.id';

/** `moby.sshforward.v1.SSH`: a byte stream to the socket of an ssh agent for each connection that a step makes. */
export function sshService(agents: readonly BuildSsh[]): SessionService {
  const sockets = new Map(agents.flatMap((agent) => ('socket' in agent ? [[agent.id, agent.socket]] : [])));
  const socketOf = (asked: string): string => {
    const id = asked === '' ? defaultId : asked;
    const socket = sockets.get(id);
    if (socket === undefined) throw new GrpcError(grpcStatus.notFound, `unset ssh forward key ${id}`);
    return socket;
  };
  return {
    name: 'moby.sshforward.v1.SSH',
    methods: {
      CheckAgent: {
        kind: 'unary',
        handle: async (request) => {
          const field = readFields(request).find(({ number }) => number === 1);
          socketOf(field === undefined ? '' : fieldText(field));
          return new Uint8Array(0);
        },
      },
      ForwardAgent: {
        kind: 'stream',
        handle: async ({ metadata, messages, send, signal }) => {
          const agent = await dial(socketOf(metadata.get(idHeader)?.[0] ?? ''));
          const abort = (): void => void agent.destroy();
          signal.addEventListener('abort', abort, { once: true });
          try {
            // The agent's side decides the end: when the builder half-closes, the agent is told so and ends its own.
            void toAgent(agent, messages).catch(abort);
            await fromAgent(agent, send);
          } finally {
            signal.removeEventListener('abort', abort);
            agent.destroy();
          }
        },
      },
    },
  };
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

async function toAgent(agent: Socket, messages: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const message of messages) {
    for (const { number, bytes } of readFields(message)) {
      if (number === 1 && !agent.destroyed && !agent.write(bytes))
        await Promise.race([once(agent, 'drain'), once(agent, 'close')]);
    }
  }
  agent.end();
}

async function fromAgent(agent: Socket, send: (message: Uint8Array) => Promise<void>): Promise<void> {
  for await (const chunk of agent as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; at += chunkBytes)
      await send(new ProtoWriter().bytes(1, chunk.subarray(at, at + chunkBytes)).finish());
  }
}
