/**
 * A normalised image name; plain JSON. Made by `parseImageReference`, which is the only place that normalises:
 * the registry is always there (`docker.io` when none was written) and Docker Hub's `library/` is spelled out.
 */
export interface ImageReference {
  /** Host with optional port: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Path in the registry without tag or digest: `library/ubuntu`. */
  readonly repository: string;
  /** Absent when none was written; `latest` is never implied. */
  readonly tag?: string;
  /** `sha256:<hex>`; beside a tag the digest decides and the tag is a note. */
  readonly digest?: string;
}
