/** Opens the run of the rig that all test files share. */
export default function globalSetup(): Promise<void>;
