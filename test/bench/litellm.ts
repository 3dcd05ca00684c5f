/** LiteLLM's proxy in front of the benchmark's provider: a well-known gateway to compare with. */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePorts } from "#src/cluster/ports.js";

export interface LiteLlm {
  readonly child: ChildProcess;
  /** Prefix of Anthropic's paths. */
  readonly url: string;
}

/** Milliseconds in which it has to answer: it imports for a long time. */
const patience = 120_000;

/**
 * Starts the proxy with one model, `m`, of the provider. It reads no list of prices from the network, and sends no statistics.
 *
 * @param program the command `litellm`, of `pip install 'litellm[proxy]'`
 * @param directory gets its configuration
 */
export async function startLiteLlm(program: string, provider: string, directory: string): Promise<LiteLlm> {
  const file = join(directory, "litellm.json");
  const parameters = { model: "anthropic/m", api_base: provider, api_key: "key" };
  writeFileSync(file, JSON.stringify({ model_list: [{ model_name: "m", litellm_params: parameters }] }));
  const [port = 0] = await freePorts(1);
  const child = spawn(program, ["--config", file, "--host", "127.0.0.1", "--port", String(port)], {
    stdio: ["ignore", "ignore", "inherit"],
    cwd: directory,
    env: {
      ...process.env,
      ...{ LITELLM_LOCAL_MODEL_COST_MAP: "True", LITELLM_TELEMETRY: "False", LITELLM_LOG: "ERROR" },
      // like our gateway it listens on loopback, without a key of its own
      LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: "true",
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + patience;
  for (;;) {
    const isLive = await fetch(`${url}/health/liveliness`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isLive) return { child, url };
    if (child.exitCode !== null || performance.now() > deadline) throw new Error("LiteLLM does not answer");
    await delay(200);
  }
}
