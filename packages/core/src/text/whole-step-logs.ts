/**
 * What takes BuildKit's limits away, in the environment of an engine from 23 on. To the BuildKit of Engine 20.10 `-1` means "nothing at all", and once more than
 * 1 MiB waits for a slow reader it sends the same output for ever: its own limits protect it from that.
 */
export const wholeStepLogs = { BUILDKIT_STEP_LOG_MAX_SIZE: '-1', BUILDKIT_STEP_LOG_MAX_SPEED: '-1' } as const;
