import type { Instruction } from './dockerfile.js';
import { flagValue, flagValues } from './stages.js';

/** A stage or an image that an instruction reads from. */
export interface ImageFlag {
  readonly use: 'copy-from' | 'mount-from';
  readonly text: string;
  /** Why BuildKit would not read it as it stands. */
  readonly reason?: string;
}

/** The fields of one record of comma-separated values. */
function splitFields(text: string): string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  );
}

function mountFrom(mount: string): ImageFlag | undefined {
  const fields = new Map<string, string>();
  for (const field of splitFields(mount)) {
    const equals = field.indexOf('=');
    if (equals !== -1) fields.set(field.slice(0, equals).toLowerCase(), field.slice(equals + 1));
  }
  const text = fields.get('from');
  const type = fields.get('type')?.toLowerCase();
  if (text === undefined || text === '' || type === 'tmpfs' || type === 'secret' || type === 'ssh') return undefined;
  return {
    use: 'mount-from',
    text,
    ...(/\$./.test(text) ? { reason: 'variables are not expanded in "from" of a mount' } : {}),
  };
}

/** What `COPY --from` and `RUN --mount=from=` of an instruction name. */
export function imageFlags(instruction: Pick<Instruction, 'keyword' | 'flags'>): readonly ImageFlag[] {
  if (instruction.keyword === 'RUN') return flagValues(instruction, 'mount').flatMap((mount) => mountFrom(mount) ?? []);
  const text = instruction.keyword === 'COPY' ? flagValue(instruction, 'from') : undefined;
  if (text === undefined || text === '') return [];
  return [
    {
      use: 'copy-from',
      text,
      ...(/[$'"\\]/.test(text) ? { reason: 'variables and quotes are not expanded in "--from"' } : {}),
    },
  ];
}
