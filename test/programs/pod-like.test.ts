import t from "tap";
import { Pod } from "../templates/pod.js";
import { noContainer, startLikeAPod } from "./pod-like.js";

const script = `
id -u
grep -E '^(CapEff|NoNewPrivs):' /proc/self/status | tr -d '\\t'
for directory in / /usr /etc /task-files /secrets /workspace /tmp "$HOME" /dev/shm; do
  if (: > "$directory/new") 2> /dev/null; then echo "$directory"; fi
done
echo '{"summary":"seen"}' > /dev/termination-log
`;

t.test(
  "the container of these tests is restricted like that of a pod: few writable paths, and no privileges",
  { skip: noContainer ?? false },
  async (t) => {
    const pod = new Pod();
    t.teardown(() => pod.remove());
    pod.secret("token", "user-token-0123456789abcdef\n");
    const { output, message } = await pod.end(startLikeAPod(pod, { "container.sh": script }, {}, []));
    const rights = ["1000", "CapEff:0000000000000000", "NoNewPrivs:1"];
    t.same(output.trim().split("\n"), [...rights, "/workspace", "/tmp", "/home/agent", "/dev/shm"]);
    t.same(message, { summary: "seen" }, "it can say something at its end");
  },
);
