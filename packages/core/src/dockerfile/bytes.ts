const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const escapedByte = 0xdc00;

/**
 * Decodes the bytes of a Dockerfile so that {@link encodeDockerfile} gives the same bytes back, valid UTF-8 or not:
 * a byte that belongs to no character becomes a lone surrogate (U+DC80 to U+DCFF).
 */
export function decodeDockerfile(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return decodeLeniently(bytes);
  }
}

function decodeLeniently(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    try {
      parts.push(strict.decode(bytes.subarray(at, at + length)));
      at += length;
    } catch {
      parts.push(String.fromCharCode(escapedByte + first));
      at += 1;
    }
  }
  return parts.join('');
}

/** The bytes of a text from {@link decodeDockerfile}, edited or not. */
export function encodeDockerfile(text: string): Uint8Array {
  const chunks = text.split(/([\udc80-\udcff])(?<![\ud800-\udbff][\udc80-\udcff])/);
  return Buffer.concat(
    chunks.map((chunk, index) =>
      index % 2 === 1 ? Uint8Array.of(chunk.charCodeAt(0) - escapedByte) : Buffer.from(chunk, 'utf8'),
    ),
  );
}
