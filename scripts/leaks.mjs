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

// Node.js 20 can loop for ever while it frees what is left after the last event (Environment::CleanupHandles, seen with a debugger), and
// the file would count as one that does not end. reallyExit does without; everything that listens for the exit comes first.
process.once("beforeExit", () => {
  const emit = process.emit;
  process.emit = function (event, ...values) {
    const handled = emit.call(this, event, ...values);
    if (event === "exit") process.reallyExit(process.exitCode ?? values[0] ?? 0);
    return handled;
  };
});
