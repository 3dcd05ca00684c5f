import t from "tap";
import { environmentLimit } from "#src/admission/rules/environment-fits.js";
import { codeRun, validateCodeRun } from "../runs.js";

t.test("the variables are small enough to start a process with", (t) => {
  const env = (bytes: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: bytes / 1024 }, (_, index) => [`V${String(index).padStart(3, "0")}`, "x".repeat(1020)]),
    );
  t.strictSame(validateCodeRun(codeRun({ env: env(64 * 1024) })).errors, []);
  const long = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`V${index}`, "x".repeat(32_000)]));
  t.match(validateCodeRun(codeRun({ env: long })).errors, [
    new RegExp(`^spec\\.env: .*limit of ${environmentLimit}; .*starting with "V10"`),
  ]);
  t.end();
});
