import { describe, expect, test } from '@jest/globals';
import { DockError } from '@dock/core';
import { explainRefusal } from '../src/explain-refusal.js';

describe('a container that cannot have its rights', () => {
  test.each([
    [
      'moby with remapped users',
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    ],
    [
      'moby, of a capability that the daemon lacks',
      'invalid CapAdd: capability not supported by your kernel or not available in the current environment: "CAP_SYS_ADMIN"',
    ],
    [
      'runc 1.0',
      'OCI runtime create failed: container_linux.go:367: starting container process caused: apply caps: operation not permitted: unknown',
    ],
    [
      'runc 1.1',
      'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: unable to apply caps: operation not permitted: unknown',
    ],
    [
      'runc 1.2',
      "runc create failed: unable to start container process: error during container init: unable to apply caps: can't apply capabilities: operation not permitted",
    ],
    ['crun', 'crun: capset: Operation not permitted: OCI permission denied'],
    ['an authorization plugin', 'authorization denied by plugin policy: no such containers on this machine'],
  ])('in the words of %s', (_, said) => {
    const message = `starting a container of "b:1" failed: ${said}`;
    const error = explainRefusal(new DockError('CONTAINER_FAILED', message), 'privileged');
    expect(error).toMatchObject({
      code: 'PRIVILEGED_REFUSED',
      message: expect.stringContaining(message),
      hint: expect.stringContaining("mode: 'capabilities'"),
    });
  });

  test('by the status of one who answers in words of his own', () => {
    const error = new DockError('CONTAINER_FAILED', 'creating failed: go away', { details: { status: 403 } });
    expect(explainRefusal(error, 'privileged')).toMatchObject({ code: 'PRIVILEGED_REFUSED', cause: error });
  });

  test('does not name the mode that was refused as the way out', () => {
    const error = new DockError('CONTAINER_FAILED', 'unable to apply caps: operation not permitted');
    expect((explainRefusal(error, 'capabilities') as DockError).hint).not.toContain('capabilities');
  });
});

test.each([
  ['a full disk', 'no space left on device'],
  ['a mount', 'error mounting "/dev/sdx" to rootfs at "/data": mount /dev/sdx:/data: operation not permitted: unknown'],
  ['a limit', 'error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown'],
  ['a program', 'exec: "/usr/bin/node": operation not permitted: unknown'],
  ['a control group', 'unable to apply cgroup configuration: mkdir /sys/fs/cgroup/x: operation not permitted'],
  ['a device', 'linux runtime spec devices: error gathering device information: operation not permitted'],
  ['a network', 'container sharing network namespace with another container or host is not allowed to set mac address'],
  ['an image of that name', 'No such image: registry.example.com/privileged/forbidden:1'],
])('the failure of %s stays what it is', (_, said) => {
  const error = new DockError('CONTAINER_FAILED', `starting a container of "b:1" failed: ${said}`, {
    details: { status: 500 },
  });
  expect(explainRefusal(error, 'privileged')).toBe(error);
});
