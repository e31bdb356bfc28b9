import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { BuildResult } from '@dock/core';
import { engineRequest, type SharedRigEngine } from '@dock/testing';

/** The characters of a base64 text that a secret alone decides, at each of the three places in a group that it can begin at. */
function base64Forms(secret: string, encoding: 'base64' | 'base64url'): string[] {
  return ['', '_', '__'].map((before) =>
    Buffer.from(before + secret)
      .toString(encoding)
      .replace(/=+$/, '')
      .slice(before.length === 0 ? 0 : before.length + 1, -2),
  );
}

/** The forms in which a secret could hide. */
function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex'),
    ...base64Forms(secret, 'base64'),
    ...base64Forms(secret, 'base64url'),
  ];
}

/** Hold texts, by where they are from, to having none of these secrets, by what they are for, in any form. */
export function expectNoSecret(
  places: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): void {
  for (const [place, text] of Object.entries(places)) {
    expect([place, text.length > 10]).toEqual([place, true]);
    for (const [kind, secret] of Object.entries(secrets))
      for (const form of formsOf(secret))
        expect([place, kind, form, text.includes(form)]).toEqual([place, kind, form, false]);
  }
}

/** What a run left to be read: its own words and files, and the image in an engine of the classic store, with every layer. */
export async function placesOf(
  { stdout, stderr }: { readonly stdout: string; readonly stderr: string },
  { logFile = '' }: BuildResult,
  { socketPath }: SharedRigEngine,
  image: string,
): Promise<Record<string, string>> {
  const get = async (path: string) => (await engineRequest(socketPath, 'GET', `/images/${image}/${path}`)).text;
  return {
    'standard output': stdout,
    'standard error': stderr,
    log: readFileSync(logFile, 'utf8'),
    'result file': readFileSync(join(logFile, '..', 'result.json'), 'utf8'),
    image: await get('json'),
    'history of the image': await get('history'),
    'layers and configuration of the image': await get('get'),
  };
}
