import type { ConnectionOptions } from "node:tls";

/** Where an API server is and how its TLS is spoken. */
export interface Connection {
  /** `https://host:port`, without a trailing slash; a path prefix is kept. */
  readonly server: string;
  readonly tls: Pick<ConnectionOptions, "ca" | "cert" | "key" | "passphrase" | "servername" | "rejectUnauthorized">;
}

/** How one API server is reached and who calls it; both may change while the program runs. */
export interface ServerAccess {
  /** The present connection. The same object is returned until something changed: then the client opens new pools. */
  connection(): Promise<Connection>;
  /** Headers that authenticate a call. `refresh` is true after a 401: credentials must then be read anew. */
  headers(refresh: boolean): Promise<Readonly<Record<string, string>>>;
  /** The namespace that calls are meant for where none is named. */
  readonly namespace: string;
}
