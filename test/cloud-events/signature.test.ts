/** Signatures as Standard Webhooks defines them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { readSigningKeys, signatureHeaders } from "#src/cloud-events/signature.js";

const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

function fileOf(content: string): (t: Test) => Promise<string> {
  return async (t) => {
    const file = join(t.testdir(), "sink");
    await writeFile(file, content);
    return file;
  };
}

t.test("the example of the standard", async (t) => {
  const keys = await readSigningKeys(await fileOf(`${key}\n`)(t));
  t.same(signatureHeaders(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}'), {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

t.test("during a rotation each key signs", async (t) => {
  const other = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const keys = await readSigningKeys(await fileOf(`\n${key}\n ${other} \n`)(t));
  const signatures = signatureHeaders(keys, "id", 1, "{}")["webhook-signature"].split(" ");
  t.equal(signatures.length, 2);
  t.not(signatures[0], signatures[1]);
});

t.test("an invalid key file is refused, without showing it", async (t) => {
  const refused = async (content: string, message: RegExp): Promise<void> => {
    const error: unknown = await readSigningKeys(await fileOf(content)(t)).catch((error: unknown) => error);
    t.match(error, { message });
    t.notMatch(String(error), "c2VjcmV0");
  };
  await refused("", /contains no key/);
  await refused("c2VjcmV0", /key 1 is not whsec_ and the base64 of 24 to 64 bytes/);
  await refused("whsec_c2VjcmV0", /key 1 is not/);
  await refused(`${key}\nwhsec_${"A".repeat(400)}`, /key 2 is not/);
  await refused("x".repeat(5000), /is larger than 4096 bytes/);
  await t.rejects(readSigningKeys("/nonexistent/sink"), { code: "ENOENT" });
});
