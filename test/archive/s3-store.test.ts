/** The requests that the bucket gets, from the real client to a server on loopback. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { S3Store, type S3StoreOptions } from "#src/archive/s3-store.js";

const signal = new AbortController().signal;
const key = { namespace: "team-a", plural: "taskruns", name: "auth-1", uid: "0c7f" };
const path = "/runs/kept/team-a/taskruns/auth-1/0c7f.json.gz";

process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "never-sent";

interface StoredObject {
  readonly body: string;
  readonly version: string;
  readonly etag: string;
}

interface Bucket {
  readonly endpoint: string;
  readonly objects: Map<string, StoredObject>;
  readonly requests: IncomingMessage[];
  /** Status to answer with. */
  broken?: number;
}

/** A bucket with conditional writes, as the protocol defines them. */
async function bucket(t: Test): Promise<Bucket> {
  const objects = new Map<string, StoredObject>();
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push(request);
    const [place = ""] = (request.url ?? "").split("?");
    const present = objects.get(place);
    const version = String(request.headers["x-amz-meta-resource-version"] ?? present?.version ?? "");
    const headers = { etag: `"${version}"`, "x-amz-meta-resource-version": version };
    const isTaken = request.headers["if-none-match"] === "*" && present !== undefined;
    const isOther = request.headers["if-match"] !== undefined && request.headers["if-match"] !== present?.etag;
    if (result.broken !== undefined) response.writeHead(result.broken).end();
    else if (request.method === "HEAD") response.writeHead(present ? 200 : 404, headers).end();
    else if (isTaken || isOther) response.writeHead(412).end();
    else {
      objects.set(place, { body: Buffer.concat(chunks).toString(), version, etag: headers.etag });
      response.writeHead(200, headers).end();
    }
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const result: Bucket = {
    ...{ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, objects, requests },
  };
  return result;
}

function storeOf(t: Test, { endpoint }: Bucket, options: Partial<S3StoreOptions> = {}): S3Store {
  const place = { bucket: "runs", endpoint, region: "eu-central-1", prefix: "kept/", pathStyle: true };
  const store = new S3Store({ ...place, ...options });
  t.teardown(() => store.close());
  return store;
}

void t.test("the first document of a version stays, and one of another version replaces it", async (t) => {
  const server = await bucket(t);
  const store = storeOf(t, server);
  await store.put(key, "1", Buffer.from("first"), signal);
  await store.put(key, "1", Buffer.from("again"), signal);
  t.equal(server.objects.get(path)?.body, "first");
  await store.put(key, "2", Buffer.from("later"), signal);
  t.equal(server.objects.get(path)?.body, "later");
  t.equal(server.objects.size, 1);
});

void t.test("encryption is requested as configured, and no secret is sent", async (t) => {
  const server = await bucket(t);
  const options = { serverSideEncryption: "aws:kms", kmsKeyId: "key-1" } as const;
  await storeOf(t, server, options).put(key, "1", Buffer.from("first"), signal);
  const headers = server.requests[0]?.headers ?? {};
  t.match(headers, {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
    authorization: /\/eu-central-1\/s3\//,
  });
  t.notMatch(JSON.stringify(headers), /never-sent/);
});

void t.test("a bucket that refuses is an error", async (t) => {
  const server = await bucket(t);
  server.broken = 403;
  await t.rejects(storeOf(t, server).put(key, "1", Buffer.from("first"), signal));
  t.equal(server.objects.size, 0);
});
