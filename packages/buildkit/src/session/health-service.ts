import { ProtoWriter } from './protobuf.js';
import type { SessionService } from './service.js';

const serving = 1;

/** `grpc.health.v1.Health`: the builder asks it every few seconds whether the session lives. */
export const healthService: SessionService = {
  name: 'grpc.health.v1.Health',
  methods: {
    Check: { kind: 'unary', handle: async () => new ProtoWriter().integer(1, serving).finish() },
  },
};
