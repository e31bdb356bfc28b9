/** Something that a run makes for a while and that carries no label: noted, so that `dock gc` can take it back, or tell of it, should the process be killed. */
export type RunNote =
  | {
      /** A container of a build step. Removed only when it does not run, or its start was lost with its engine, and it is not older than the run. */
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
      /** An image that the user wants to have in the engine, on its way into it. It is never removed: it is told. */
      readonly kind: 'loaded-image';
      /** Its ID, as far as it is known: before the engine has it, the digest of its configuration. */
      readonly image: string;
      /** The names that it is to get. */
      readonly names: readonly string[];
    }
  | {
      /**
       * Directories whose path begins so: an absolute path whose last part contains the run's ID, so that no other run's begin so. Only what this user owns is
       * removed.
       */
      readonly kind: 'directory';
      readonly prefix: string;
    };
