/** Something that a run makes for a while and that carries no label: noted, so that `dock gc` can take it back should the process be killed. */
export type RunNote =
  | {
      /** A container of a build step. Removed only when it does not run and is not older than the run. */
      readonly kind: 'container';
      /** Short or full ID. */
      readonly id: string;
    }
  | {
      /** A name that an image has for a while. It is taken away, or given back, only while it still names that image. */
      readonly kind: 'lent-name';
      readonly name: string;
      /** ID of the image that it is lent to. */
      readonly image: string;
      /** ID of the image that had the name before. */
      readonly previous?: string;
    }
  | {
      /** A name that dock made up for this run. */
      readonly kind: 'own-name';
      readonly name: string;
    }
  | {
      /** Directories whose path begins so. */
      readonly kind: 'directory';
      readonly prefix: string;
    };
