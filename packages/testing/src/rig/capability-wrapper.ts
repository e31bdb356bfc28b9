import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

const capSysResource = 24n;

/** Whether this process, and so its engines, may give CAP_SYS_RESOURCE away. Some machines hold it back, and then every `--privileged` container fails. */
export function hasSysResource(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> capSysResource) & 1n) === 1n;
}

/** Writes an OCI runtime that strikes CAP_SYS_RESOURCE out of a container's configuration, and out of a process's that joins one, and leaves the rest to runc. */
export function writeCapabilityWrapper(
  file: string,
  programs: { readonly busybox: string; readonly runc: string },
): void {
  writeFileSync(
    file,
    `#!${programs.busybox} sh
file= previous=
for argument in "$@"; do
  case "$argument" in --bundle=*) file=\${argument#--bundle=}/config.json ;; --process=*) file=\${argument#--process=} ;; esac
  case "$previous" in --bundle | -b) file=$argument/config.json ;; --process | -p) file=$argument ;; esac
  previous=$argument
done
if [ -n "$file" ]; then
  ${programs.busybox} sed -i -e 's/"CAP_SYS_RESOURCE",//g' -e 's/,"CAP_SYS_RESOURCE"//g' "$file"
fi
exec ${programs.runc} "$@"
`,
  );
  chmodSync(file, 0o755);
}
