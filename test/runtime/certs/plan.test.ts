import t from "tap";
import {
  chainsTo,
  covers,
  createAuthority,
  isSignedBy,
  issueLeaf,
  namesOf,
  readBundle,
  type KeyPair,
} from "#src/runtime/certs/authority.js";
import { planCertificates, type CertificatePlan, type CertificateSet } from "#src/runtime/certs/plan.js";

const day = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const names = ["webhook.test.svc", "127.0.0.1"];
const authority = await createAuthority("test", start, 365 * day);
const leaf = await issueLeaf(authority, names, start, 7 * day);
const good: CertificateSet = { bundle: authority.certificate, authority, leaf };

function plan(current: CertificateSet | undefined, now: number, trusted = true, wanted = names): CertificatePlan {
  return planCertificates({ current, names: wanted, now, trusted });
}

function action(current: CertificateSet | undefined, now: number, trusted = true, wanted = names): string {
  const made = plan(current, now, trusted, wanted);
  return made.do === "keep" ? "keep" : `${made.do}: ${made.because}`;
}

t.test("a certificate is renewed after two thirds of its life, and not before", (t) => {
  t.same(plan(good, start), { do: "keep", recheckAt: start + (14 / 3) * day });
  t.equal(action(good, start + 4.66 * day), "keep");
  t.equal(action(good, start + 4.67 * day), "issueLeaf: the certificate is past two thirds of its life");
  t.end();
});

t.test("an authority is renewed after two thirds of its life, while its leaf is still served", async (t) => {
  const late = start + 244 * day;
  const fresh = { ...good, leaf: await issueLeaf(authority, names, late - day, 7 * day) };
  t.equal(action(fresh, late), "issueAuthority: the authority is past two thirds of its life");
  t.equal(action(fresh, start + 243 * day), "keep");
});

t.test("an authority that is not trusted yet signs no leaf that replaces a valid one", async (t) => {
  const next = await createAuthority("test", start + day, 365 * day);
  const changing = { bundle: next.certificate + authority.certificate, authority: next, leaf };
  t.same(plan(changing, start + day, false), { do: "keep", recheckAt: start + day + 500 });
  t.equal(
    action(changing, start + day),
    "issueLeaf: the new authority is trusted and signs the certificate from now on",
  );
  t.equal(
    action(changing, start + 8 * day, false),
    "issueLeaf: the certificate has expired",
    "but one that can't be served is replaced at once",
  );
});

t.test("if nothing can be served, everything is issued at once", async (t) => {
  t.equal(action(undefined, start), "issueAll: there are no certificates");
  const old = await createAuthority("test", start - 400 * day, 365 * day);
  const expired = { bundle: old.certificate, authority: old, leaf: await issueLeaf(old, names, start - 40 * day, day) };
  t.equal(action(expired, start), "issueAll: the authority is past two thirds of its life");
});

t.test("certificates issued under a wrong clock are replaced", async (t) => {
  t.equal(action(good, start - day), "issueAll: the authority is not valid yet: a clock was wrong");
  t.equal(action(good, start + 400 * day), "issueAll: the authority is past two thirds of its life");
  const future: KeyPair = await issueLeaf(authority, names, start + 2 * day, 7 * day);
  t.equal(action({ ...good, leaf: future }, start), "issueLeaf: the certificate is not valid yet: a clock was wrong");
  t.equal(action(good, start - 4 * 60_000), "keep", "minutes are no wrong clock");
});

t.test("each unreadable part is replaced, and no other", (t) => {
  const garbage = { certificate: "garbage", key: "garbage" };
  t.equal(action({ ...good, leaf: garbage }, start), "issueLeaf: the certificate is unreadable");
  t.equal(
    action({ ...good, leaf: { ...leaf, key: authority.key } }, start),
    "issueLeaf: the certificate is unreadable",
    "a key of another certificate",
  );
  t.equal(action({ ...good, authority: garbage }, start), "issueAuthority: the authority is unreadable");
  t.equal(
    action({ ...good, authority: { ...authority, key: leaf.key } }, start),
    "issueAuthority: the authority is unreadable",
  );
  t.equal(action({ ...good, bundle: "garbage" }, start), "issueLeaf: the certificate is not signed by the bundle");
  t.equal(action({ bundle: "", authority: garbage, leaf: garbage }, start), "issueAll: the authority is unreadable");
  t.end();
});

t.test("a leaf that lacks a name is replaced when its authority is trusted", (t) => {
  const wanted = [...names, "another.svc"];
  t.equal(
    action(good, start, true, wanted),
    "issueLeaf: the certificate does not cover all of webhook.test.svc, 127.0.0.1, another.svc",
  );
  t.equal(action(good, start, false, wanted), "keep");
  t.end();
});

t.test("a leaf expires with its authority and covers exactly its names", async (t) => {
  const late = start + 364 * day;
  const short = await issueLeaf(authority, names, late, 7 * day);
  t.notOk(chainsTo(short.certificate, authority.certificate, start + 366 * day));
  t.ok(chainsTo(short.certificate, authority.certificate, late));
  t.ok(covers(short.certificate, names));
  t.notOk(covers(short.certificate, ["webhook.test.svc.evil"]));
  t.same(namesOf(short.certificate), names);
});

t.test("of a bundle with unreadable parts, the readable certificates are used", async (t) => {
  const other = await createAuthority("other", start, day);
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const bundle = `junk\n${other.certificate}${broken}${authority.certificate}`;
  t.equal(readBundle(bundle).length, 2);
  t.ok(chainsTo(leaf.certificate, bundle, start));
  t.notOk(chainsTo(leaf.certificate, other.certificate, start));
  t.notOk(isSignedBy(leaf.certificate, other.certificate));
});
