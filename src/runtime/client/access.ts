import type { ConnectionOptions } from "node:tls";

/** Address of an API server and its TLS options. */
export interface Connection {
  /** `https://host:port`, without a trailing slash; a path prefix is kept. */
  readonly server: string;
  /** URL of the `http`, `https` or `socks5` proxy in between, with user and password if it wants them. Default: none. */
  readonly proxy?: string;
  readonly tls: Pick<ConnectionOptions, "ca" | "cert" | "key" | "passphrase" | "servername" | "rejectUnauthorized">;
}

/** Connection to one API server and the caller's credentials; both may change while the program runs. */
export interface ServerAccess {
  /** The current connection. Return the same object until something changes: the client opens new pools for another. */
  connection(): Promise<Connection>;
  /** Headers that authenticate a call. `refresh` is true after a 401: the credentials must then be read again. */
  headers(refresh: boolean): Promise<Readonly<Record<string, string>>>;
  /** The namespace of the credentials: that of the pod, or of the kubeconfig's context. */
  readonly namespace: string;
}
