import { StringDecoder } from 'node:string_decoder';
import { createSecretMasker, type SecretMasker } from '@dock/core';

/** Looks for secrets in bytes that come in pieces. */
export interface SecretSearch {
  push(piece: Uint8Array): void;
  /** Whether any of it held one. */
  end(): boolean;
}

/** A masker of these secrets: what it changes holds one. */
export function maskerOf(secrets: readonly string[]): SecretMasker {
  const masker = createSecretMasker();
  for (const secret of secrets) masker.add(secret);
  return masker;
}

/** Search bytes, read as UTF-8 and as Latin-1, in every form that masking knows. */
export function createSecretSearch(masker: SecretMasker): SecretSearch {
  const readings = (['utf8', 'latin1'] as const).map((encoding) => {
    const decoder = new StringDecoder(encoding);
    const stream = masker.createStream('bytes');
    let hasFound = false;
    // Text that went in and has not come out yet, as it was.
    let inside = '';
    const take = (text: string, isEnd: boolean): void => {
      inside += text;
      const out = stream.write(text) + (isEnd ? stream.end() : '');
      hasFound ||= isEnd ? out !== inside : !inside.startsWith(out);
      inside = inside.slice(out.length);
    };
    return {
      push(piece: Uint8Array): void {
        if (!hasFound) take(decoder.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)), false);
      },
      end(): boolean {
        if (!hasFound) take(decoder.end(), true);
        return hasFound;
      },
    };
  });
  return {
    push(piece) {
      for (const reading of readings) reading.push(piece);
    },
    end: () => readings.filter((reading) => reading.end()).length > 0,
  };
}
