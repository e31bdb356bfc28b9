import type { Readable } from 'node:stream';

/** An image of dockerode, as far as dock uses it. */
interface DockerImage {
  inspect(): Promise<unknown>;
  history(): Promise<unknown>;
  tag(options: object): Promise<unknown>;
  remove(options: object): Promise<unknown>;
  push(options: object): Promise<Readable>;
  distribution(options: object): Promise<unknown>;
  /** The image as an archive. */
  get(): Promise<Readable>;
}

/** A container of dockerode, as far as dock uses it. */
interface DockerContainer {
  readonly id: string;
  inspect(): Promise<unknown>;
  start(): Promise<unknown>;
  remove(options: object): Promise<unknown>;
  attach(options: object): Promise<Readable>;
  commit(options: object): Promise<unknown>;
}

/** What dock uses of dockerode. The types of dockerode itself would bring those of ssh2 into every project that checks the types of its libraries. */
export interface DockerClient {
  getImage(name: string): DockerImage;
  getContainer(id: string): DockerContainer;
  getVolume(name: string): { remove(): Promise<unknown> };
  getNetwork(id: string): { remove(): Promise<unknown> };
  createImage(options: object): Promise<Readable>;
  createImage(auth: object, options: object): Promise<Readable>;
  /** Without a context a session sends the files. */
  buildImage(context: Readable | undefined, options: object): Promise<Readable>;
  listImages(): Promise<unknown>;
  listContainers(options: object): Promise<unknown>;
  listVolumes(options: object): Promise<unknown>;
  listNetworks(options: object): Promise<unknown>;
}
