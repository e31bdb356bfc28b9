import type { EnginePort } from '../contracts/engine-port.js';
import type { ImagePort } from '../contracts/image-port.js';
import { targetName } from './run-record.js';
import type { RunScope } from './run-scope.js';

/** The engine as the taps of `push` get it: the digest of each push is noted. */
export function watchedEngine({ engine, transferred }: RunScope): EnginePort {
  const pushImage: ImagePort['pushImage'] = async (reference, options) => {
    const receipt = await engine.pushImage(reference, options);
    const name = targetName(reference);
    transferred.set(name, [...(transferred.get(name) ?? []), receipt.digest]);
    return receipt;
  };
  return new Proxy(engine, {
    get(port, key) {
      if (key === 'pushImage') return pushImage;
      const member: unknown = Reflect.get(port, key, port);
      return typeof member === 'function' ? (member.bind(port) as unknown) : member;
    },
  });
}
