import { readPlatform } from './platform-args.js';

/** Whether programs for a platform run where these platforms do. A variant that none of them names runs where the plain architecture does. */
export function runsOn(platforms: readonly string[], platform: string): boolean {
  const wanted = readPlatform(platform);
  return platforms
    .map(readPlatform)
    .some(
      ({ os, architecture, variant }) =>
        os === wanted.os &&
        architecture === wanted.architecture &&
        (variant === wanted.variant || variant === '' || wanted.variant === ''),
    );
}
