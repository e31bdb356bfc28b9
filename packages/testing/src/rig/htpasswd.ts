import { randomBytes } from 'node:crypto';
import { runCommand } from '../install/run-command.js';

/** A line of an htpasswd file with a bcrypt hash: what the registry takes. The hash is made by the C library, which Debian's base perl can call. */
export async function htpasswdLine(username: string, password: string): Promise<string> {
  const salt = randomBytes(11).toString('hex');
  const hash = await runCommand('perl', ['-e', 'chomp(my $p = <STDIN>); print crypt($p, $ARGV[0])', `$2b$05$${salt}`], {
    input: `${password}\n`,
  });
  if (!hash.startsWith('$2b$05$')) throw new Error(`the C library made "${hash}" of a bcrypt salt`);
  return `${username}:${hash.replace('$2b$', '$2y$')}\n`;
}
