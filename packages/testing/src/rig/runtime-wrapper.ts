import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

const capSysResource = 24n;

/** Whether this process, and so its engines, may give CAP_SYS_RESOURCE away. Some machines hold it back, and then every `--privileged` container fails. */
export function hasSysResource(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> capSysResource) & 1n) === 1n;
}

/** What an OCI runtime of the rig changes before it leaves the rest to runc. */
export interface RuntimeChanges {
  /** Strike CAP_SYS_RESOURCE out of a container's configuration, and out of a process's that joins one. */
  readonly withoutSysResource: boolean;
  /** The control group in which podman's own are to lie: it takes no flag for that. */
  readonly podmanParent?: string;
}

/** Writes an OCI runtime that makes some changes to what it is given. */
export function writeRuntimeWrapper(
  file: string,
  programs: { readonly busybox: string; readonly runc: string },
  { withoutSysResource, podmanParent }: RuntimeChanges,
): void {
  const edits = [
    // Its builder raises limits to numbers that take that capability; those that somebody asked for are small.
    ...(withoutSysResource && podmanParent !== undefined
      ? [`-e 's/{"type":"RLIMIT_[A-Z]*","hard":[0-9]\\{5,\\},"soft":[0-9]*},\\{0,1\\}//g' -e 's/,]/]/g'`]
      : []),
    ...(withoutSysResource ? [`-e 's/"CAP_SYS_RESOURCE",//g' -e 's/,"CAP_SYS_RESOURCE"//g'`] : []),
    ...(podmanParent === undefined ? [] : [`-e 's#"cgroupsPath":"/libpod_parent/#"cgroupsPath":"${podmanParent}/#'`]),
  ];
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
  ${programs.busybox} sed -i ${edits.join(' ')} "$file"
fi
exec ${programs.runc} "$@"
`,
  );
  chmodSync(file, 0o755);
}
