/** Keeps archived runs in an S3-compatible bucket. */
import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import type * as S3Sdk from "./s3-sdk.js";
import {
  archivePath,
  archivePrefix,
  keyOfPath,
  type ArchiveKey,
  type ArchivePage,
  type ArchiveSelection,
  type ArchiveStore,
} from "./archive-store.js";
import { maxDocumentBytes } from "./document.js";

/** Credentials come from the usual chain: variables, shared files, web identity, or the machine's role. */
export interface S3StoreOptions {
  readonly bucket: string;
  /** Default: the one of AWS for the region. */
  readonly endpoint?: string;
  /** Default: that of the environment or of the shared files. */
  readonly region?: string;
  /** Precedes the path of each document; ends with a slash unless it is empty. Default: empty. */
  readonly prefix?: string;
  /** The bucket is part of the path, not of the host name. Default: false. */
  readonly pathStyle?: boolean;
  /** Default: that of the bucket. */
  readonly serverSideEncryption?: "AES256" | "aws:kms";
  /** Only for `aws:kms`. Default: the key of the account. */
  readonly kmsKeyId?: string;
}

/** Milliseconds until a connection or a request fails. */
const timeouts = { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true };

const versionField = "resource-version";

interface Connection {
  readonly sdk: typeof S3Sdk;
  readonly client: S3Sdk.S3Client;
}

export class S3Store implements ArchiveStore {
  readonly #options: S3StoreOptions;
  #client: Promise<Connection> | undefined;

  constructor(options: S3StoreOptions) {
    this.#options = options;
  }

  async put(key: ArchiveKey, version: string, document: Buffer, signal: AbortSignal): Promise<void> {
    const { sdk, client } = await this.#connect();
    const { bucket, prefix = "", serverSideEncryption, kmsKeyId } = this.#options;
    const place = { Bucket: bucket, Key: prefix + archivePath(key) };
    const input: PutObjectCommandInput = {
      ...{ ...place, Body: document, ContentType: "application/gzip", Metadata: { [versionField]: version } },
      ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
      ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    };
    try {
      await client.send(new sdk.PutObjectCommand({ ...input, IfNoneMatch: "*" }), { abortSignal: signal });
      return;
    } catch (error) {
      if (!(error instanceof sdk.S3ServiceException) || error.$metadata.httpStatusCode !== 412) throw error;
    }
    const present = await client.send(new sdk.HeadObjectCommand(place), { abortSignal: signal });
    if (present.Metadata?.[versionField] === version) return;
    const unchanged = present.ETag === undefined ? {} : { IfMatch: present.ETag };
    await client.send(new sdk.PutObjectCommand({ ...input, ...unchanged }), { abortSignal: signal });
  }

  async list(
    selection: ArchiveSelection,
    { limit, after }: { readonly limit: number; readonly after?: string },
    signal: AbortSignal,
  ): Promise<ArchivePage> {
    const { sdk, client } = await this.#connect();
    const { bucket, prefix = "" } = this.#options;
    const { Contents: found = [], IsTruncated: isTruncated } = await client.send(
      new sdk.ListObjectsV2Command({
        ...{ Bucket: bucket, Prefix: prefix + archivePrefix(selection), MaxKeys: limit },
        ...(after !== undefined && { StartAfter: prefix + after }),
      }),
      { abortSignal: signal },
    );
    const entries = found.flatMap(({ Key: path = "", LastModified: at, Size: bytes = 0 }) => {
      const key = keyOfPath(path.slice(prefix.length));
      return key === undefined ? [] : [{ ...key, writtenAt: at?.toISOString() ?? "", bytes }];
    });
    const last = found.at(-1)?.Key;
    return { entries, ...(isTruncated === true && last !== undefined && { next: last.slice(prefix.length) }) };
  }

  async get(key: ArchiveKey, signal: AbortSignal): Promise<Buffer | undefined> {
    const { sdk, client } = await this.#connect();
    const { bucket, prefix = "" } = this.#options;
    const path = archivePath(key);
    try {
      const { Body: body } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key: prefix + path }), {
        abortSignal: signal,
      });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        if (bytes > maxDocumentBytes) throw new Error(`${path} in ${bucket} exceeds ${maxDocumentBytes} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } catch (error) {
      if (error instanceof sdk.NoSuchKey) return undefined;
      throw error;
    }
  }

  close(): void {
    void this.#client?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
    this.#client = undefined;
  }

  #connect(): Promise<Connection> {
    // the SDK costs start-up time and memory that an operator without a bucket must not pay
    this.#client ??= import("./s3-sdk.js").then((sdk) => {
      const { endpoint, region, pathStyle = false } = this.#options;
      const client = new sdk.S3Client({
        ...(endpoint !== undefined && { endpoint }),
        ...(region !== undefined && { region }),
        ...{ forcePathStyle: pathStyle, maxAttempts: 2, requestHandler: timeouts },
        // servers other than AWS need not know the SDK's own checksums
        requestChecksumCalculation: "WHEN_REQUIRED",
      });
      return { sdk, client };
    });
    return this.#client;
  }
}
