export { hostDocker, type HostDockerOptions } from './host-docker.js';
