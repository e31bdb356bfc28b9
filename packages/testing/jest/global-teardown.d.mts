/** Ends every service of the run. */
export default function globalTeardown(): Promise<void>;
