/** What a build put beside, or in place of, an image: the files of its result, or an image as an archive. */
export interface BuildOutput {
  readonly type: 'local' | 'tar' | 'oci' | 'docker';
  /** Absolute path of the directory or file; `-` for standard output. */
  readonly dest: string;
  /** Bytes of content that were written. */
  readonly bytes: number;
  /** Of a directory: how many files were written. */
  readonly files?: number;
  /** Of a directory: paths that the build has and that are not made here, because they are devices, pipes or sockets; the first hundred. */
  readonly leftOut?: readonly string[];
  /** Of an archive of an image: the names in it. */
  readonly names?: readonly string[];
  /** Of an archive of an image, where it is the build's only image: `sha256:<hex>` of its manifest or index. */
  readonly digest?: string;
  /** With {@link digest}, of an image for one platform: `sha256:<hex>` of its configuration. */
  readonly configDigest?: string;
}
