import type { Instruction } from './dockerfile.js';
import { mountFields } from './mount-fields.js';
import { flagValue, flagValues } from './stages.js';

/** A stage or an image that an instruction reads from. */
export interface ImageFlag {
  readonly use: 'copy-from' | 'mount-from';
  readonly text: string;
  /** Why BuildKit would not read it as it stands. */
  readonly reason?: string;
}

function mountFrom(mount: string): ImageFlag | undefined {
  const fields = mountFields(mount);
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
