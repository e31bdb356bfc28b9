/** The code of what a file system says: `ENOENT`; empty for what is none of it. */
export function fileFaultCode(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : '';
}
