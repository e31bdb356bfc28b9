/** One frame of the engine's multiplexed stream: 8 bytes of head (stream, 3 zeros, big-endian length), then the payload. */
function frame(stream: 0 | 1 | 2 | 3, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([head, bytes]);
}

/** Makers of frames as `attach`, `logs` and `exec` send them for containers without a TTY (`pkg/stdcopy` of the engine). */
export const frames = {
  /** A frame of standard output. */
  stdout: (payload: string | Uint8Array): Buffer => frame(1, payload),
  /** A frame of standard error. */
  stderr: (payload: string | Uint8Array): Buffer => frame(2, payload),
  /** A frame of stream 3, by which the engine reports that the stream itself failed. */
  systemError: (payload: string | Uint8Array): Buffer => frame(3, payload),
} as const;
