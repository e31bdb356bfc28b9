import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ErrorCode } from '@dock/core';
import type { TarEntry } from '@dock/testing';

/** Something of a shape's context that git does not keep as it has to be. */
export interface MadeEntry {
  readonly path: string;
  readonly content?: string;
  /** The content with one character for each byte. */
  readonly latin1?: string;
  readonly mode?: number;
  readonly directory?: boolean;
  readonly symlink?: string;
  /** Path in the context that this is another name of. */
  readonly hardlink?: string;
  readonly tar?: readonly TarEntry[];
}

/** `shape.json`: how a Dockerfile of some shape is built, and what has to come of it. */
export interface Shape {
  /** The directory's name. */
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** First version of the Dockerfile frontend that knows the shape. @default '1.0' */
  readonly minFrontend?: string;
  /** How BuildKit refuses it, also by the engine's version. @default it builds */
  readonly buildkit?: ErrorCode | Readonly<Record<string, ErrorCode>>;
  /** Whether BuildKit builds it all the same where Docker Hub can be reached. */
  readonly needsHub?: boolean;
  /** How the classic builder refuses it, also by the engine's version. @default it builds */
  readonly classic?: ErrorCode | Readonly<Record<string, ErrorCode>>;
  /** Why dock's image is not that of the docker CLI, by builder or by version and builder: `20.10 buildkit`. */
  readonly differs?: Readonly<Record<string, string>>;
  /** Why docker succeeds where dock refuses, by version and builder: `26 classic`. */
  readonly dockerIsWrong?: Readonly<Record<string, string>>;
  /** @default 'Dockerfile' */
  readonly dockerfile?: string;
  readonly lineEnds?: 'crlf';
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** @default 'host' */
  readonly network?: string;
  /** File in the context by the secret's ID. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** An image to build first. */
  readonly base?: { readonly name: string; readonly dockerfile: string };
  /** Written over what lies in the directory. */
  readonly context?: readonly MadeEntry[];
  /** Files of the image with their text. */
  readonly holds?: Readonly<Record<string, string>>;
  readonly holdsDirectory?: readonly string[];
  readonly absent?: readonly string[];
}

/** Where the shapes lie. */
export const shapesDirectory = fileURLToPath(new URL('.', import.meta.url));

/** All shapes, by name. */
export function readShapes(): Shape[] {
  return readdirSync(shapesDirectory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      ...(JSON.parse(readFileSync(join(shapesDirectory, name, 'shape.json'), 'utf8')) as Omit<Shape, 'name'>),
      name,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a frontend of one version knows what needs another; both as `1.7`. */
function knows(frontend: string, needed = '1.0'): boolean {
  const minor = (version: string): number => Number(version.split('.')[1]);
  return minor(frontend) >= minor(needed);
}

/** The code that a build must fail with; absent when it must succeed. */
export function expectedError(
  shape: Shape,
  builder: 'buildkit' | 'classic',
  engine: { readonly version: string; readonly frontend: string },
): ErrorCode | undefined {
  const told = shape[builder];
  const code = typeof told === 'object' ? told[engine.version] : told;
  if (builder === 'classic') return code;
  return code ?? (knows(engine.frontend, shape.minFrontend) ? undefined : 'FRONTEND_TOO_OLD');
}
