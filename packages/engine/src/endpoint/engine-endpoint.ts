/** TLS material of an endpoint, as PEM text. */
export interface EndpointTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Whether the engine's certificate is checked. */
  readonly verify: boolean;
  /** Name that the certificate must carry: the host name, absent for IP addresses. */
  readonly serverName?: string;
}

/** Where the engine is, and who said so. */
export interface EngineEndpoint {
  readonly kind: 'unix' | 'tcp';
  /** Absolute path of the socket, for `unix`. */
  readonly socketPath?: string;
  /** Without brackets, for `tcp`. */
  readonly hostname?: string;
  readonly port?: number;
  /** Absent: plain http over tcp. Never set for `unix`. */
  readonly tls?: EndpointTls;
  /** `unix:///…` or `tcp://…`, for messages. */
  readonly url: string;
  /** `flag --host`, `flag --context`, `DOCKER_HOST`, `DOCKER_CONTEXT`, `current context "x" of …/config.json`, `DOCKER_TLS_VERIFY` or `default`. */
  readonly origin: string;
  /** Name of the docker context it comes from. */
  readonly context?: string;
  /** `DOCKER_API_VERSION`: use this version instead of negotiating. */
  readonly apiVersion?: string;
}
