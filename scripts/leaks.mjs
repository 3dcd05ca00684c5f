// Loaded into every test file by scripts/test-files.mjs. A file whose tests have ended must let its process end: what keeps
// the event loop alive then (a timer, a socket, a server, a child process) is a leak, and fails the file.
import t from "tap";

/** Milliseconds for what is being closed when the last test ends. */
const grace = 5_000;

t.teardown(() => {
  // does not keep the process alive itself: it only fires if something else does
  setTimeout(() => {
    const leaks = process.getActiveResourcesInfo().filter((name) => !["PipeWrap", "TTYWrap"].includes(name));
    const counts = [...new Set(leaks)].map((name) => `${leaks.filter((each) => each === name).length} ${name}`);
    process.stderr.write(`left behind after the last test: ${counts.join(", ") || "a handle without a name"}\n`);
    process.exit(1);
  }, grace).unref();
});
