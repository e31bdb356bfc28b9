/** A registry that nobody can run: connections to port 1 of this machine are refused at once. Names of a run's own that no registry shall serve are under it. */
export const privateRegistry = '127.0.0.1:1';
