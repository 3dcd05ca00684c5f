/** The search of a diff finds the same however its bytes are cut. */
import t from "tap";
import { redacted, SecretSearch, type Finding } from "#src/gateway/git/secret-search.js";
import fc from "../property.js";

const secret = "own-secret-é-0123456789";

function found(chunks: readonly Uint8Array[]): readonly Finding[] {
  const search = new SecretSearch([secret, "short"]);
  for (const chunk of chunks) search.push(chunk);
  return search.end();
}

t.test("any chunks give the same findings", (t) => {
  const line = fc.constantFrom(
    ...["--- a/x", "+++ b/ä b.txt", "+++ b/y", "@@ -1 +1 @@", `+a ${secret} b`, `-${secret}`, `+ghp_${"a".repeat(36)}`],
    ...["+-----BEGIN RSA PRIVATE KEY-----", "+nothing", "", `+${"x".repeat(70_000)}${secret}`, "+short"],
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (lines, cuts) => {
      const bytes = Buffer.from(lines.join("\n"));
      const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      t.same(found(at.slice(1).map((end, index) => bytes.subarray(at[index], end))), found([bytes]));
    }),
    { numRuns: 200 },
  );
  t.end();
});

t.test("texts for others have secrets and forms of tokens replaced, and nothing else", (t) => {
  t.equal(redacted(`a ${secret}, ghs_1_eyJ.x, sk-ant-api03-x: short`, [secret, "short"]), "a ***, ***, ***: short");
  t.equal(redacted("nothing to hide", [""]), "nothing to hide");
  t.end();
});
