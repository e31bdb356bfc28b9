/** An image reference, its four fields kept apart: `registry/repository[:tag][@digest]`. Plain JSON, normalised. */
export interface ImageReference {
  /** Host with optional port; `docker.io` for Docker Hub. */
  readonly registry: string;
  /** Repository path; Docker Hub's official images have `library/`. */
  readonly repository: string;
  readonly tag?: string;
  /** `algorithm:hex`. */
  readonly digest?: string;
}
