/**
 * Whether another build with the same result ended at the same moment: the containerd store gives both images without a name the same name, and one of
 * them is late. Asked again, everything is in the cache and the name is there.
 */
export function isNameRace(message: string): boolean {
  return /moby-dangling@sha256:[0-9a-f]{64}.*already exists/s.test(message);
}
