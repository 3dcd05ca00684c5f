/** Requests through the gateway to a provider that counts for itself. */
import { request, type IncomingMessage } from "node:http";
import { once } from "node:events";
import t from "tap";
import type { UsageReport } from "#src/gateway/usage-report.js";
import { noTokens, type Tokens } from "#src/gateway/tokens.js";
import { eventually } from "../eventually.js";
import { ModelProvider } from "./model-provider.js";
import { key, post, serveGateway } from "./served-gateway.js";

const model = "priced-1";
const calls: readonly (readonly [name: string, path: string, body: object])[] = [
  ["Anthropic", "/anthropic/v1/messages?beta=true", { model, max_tokens: 100 }],
  ["Anthropic, streamed", "/anthropic/v1/messages", { model, max_tokens: 100, stream: true }],
  ["OpenAI's responses", "/openai/v1/responses", { model }],
  ["OpenAI's responses, streamed", "/openai/v1/responses", { model, stream: true }],
  ["OpenAI's chat", "/openai/v1/chat/completions", { model }],
  [
    "OpenAI's chat, streamed",
    "/openai/v1/chat/completions",
    { model, stream: true, stream_options: { include_usage: true } },
  ],
  ["Gemini", `/gemini/v1beta/models/${model}:generateContent?key=placeholder`, {}],
  ["Gemini, as events", `/gemini/v1beta/models/${model}:streamGenerateContent?alt=sse`, {}],
  ["Gemini, as a list", `/gemini/v1beta/models/${model}:streamGenerateContent`, {}],
];

function tokensOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: UsageReport): Tokens {
  return { input: inputTokens, output: outputTokens, cacheRead: cacheReadTokens, cacheWrite: cacheWriteTokens };
}

for (const [name, path, body] of calls)
  t.test(`${name}: the answer passes unchanged, the key is added, and the usage is the provider's own`, async (t) => {
    const provider = await new ModelProvider().start(t);
    if (!name.startsWith("Anthropic")) provider.next.tokens = { ...provider.next.tokens, cacheWrite: 0 };
    const gateway = await serveGateway(t, provider);
    const direct = await post(provider.url + path.replace(/^\/[a-z]+/, ""), body);
    provider.served = noTokens;
    const answer = await gateway.post(path, body, { authorization: "Bearer placeholder", "x-custom": "kept" });
    t.equal(answer.status, 200);
    t.equal(answer.body, direct.body);
    t.equal(answer.headers["set-cookie"], undefined);
    const arrived = provider.arrived.at(-1);
    t.match(Object.values(arrived?.headers ?? {}).join("\n"), key);
    t.equal(arrived?.headers["x-custom"], "kept");
    t.notMatch(JSON.stringify(arrived), "placeholder");
    const report = gateway.report();
    t.same(tokensOf(report), provider.served);
    t.match(report, { requests: 1, byModel: [{ model, requests: 1 }] });
    const { input, output, cacheRead, cacheWrite } = provider.served;
    t.equal(report.costUSD, (input * 3 + output * 15 + cacheRead * 0.3 + cacheWrite * 3.75) / 1e6);
    t.notMatch(gateway.logged.join("\n"), /sk-ant|placeholder|Hello/);
  });

t.test("a streamed chat that does not request its usage gets that option added", async (t) => {
  const provider = await new ModelProvider().start(t);
  const gateway = await serveGateway(t, provider);
  await gateway.post("/openai/v1/chat/completions", { model, stream: true, messages: [] });
  t.same(provider.arrived[0]?.body, { model, stream: true, messages: [], stream_options: { include_usage: true } });
  t.match(gateway.report(), { outputTokens: 30 });
  t.equal(gateway.report().estimatedRequests, undefined);
});

t.test("what is not documented is refused in the provider's own form, and never reaches it", async (t) => {
  const provider = await new ModelProvider().start(t);
  const gateway = await serveGateway(t, provider);
  for (const [path, body, status, message] of [
    ["/anthropic/v1/messages/batches", {}, 404, /passes on POST \/v1\/messages/],
    ["/anthropic/v1/messages", {}, 400, /names no model/],
    ["/anthropic/v1/messages", "{", 400, /has to be a JSON object/],
    ["/anthropic/v1/messages", '{"model":"a","mo\\u0064el":"b"}', 400, /model is given twice/],
    ["/anthropic/v1/messages", '{"model":tru}', 400, /not valid JSON/],
    ["/anthropic/v1/messages", "[]", 400, /has to be a JSON object/],
    ["/anthropic/v1/messages", `{"model":${"[".repeat(10_000)}${"]".repeat(10_000)}}`, 400, /nested deeper/],
    ["/anthropic/v1/messages", `{"a":"${"x".repeat(33 * 1024 * 1024)}"}`, 413, /exceeds/],
    ["/anthropic/v1/../admin", {}, 404, /passes on/],
    ["/openai/v1/responses", { model, background: true }, 400, /background/],
    ["/openai/v1/files", {}, 404, /passes on/],
    ["/gemini/v1beta/cachedContents", {}, 404, /passes on/],
    ["/other/v1/messages", {}, 404, /serves \/anthropic\/, \/openai\/, \/gemini\//],
  ] as const) {
    const answer = await gateway.post(path, body).catch((error: unknown) => ({ status: 0, body: String(error) }));
    t.equal(answer.status, status, path);
    t.match(answer.body, message);
  }
  t.same(provider.arrived, []);
  t.equal(gateway.report().requests, 0);
});

t.test("a key that the provider refuses is reported, until something is served", async (t) => {
  const provider = await new ModelProvider().start(t);
  const gateway = await serveGateway(t, provider);
  for (const status of [401, 403]) {
    provider.next.errors.push({ status });
    await gateway.post("/anthropic/v1/messages", { model });
    t.same(gateway.report().keyRefused, { upstream: "anthropic", status });
  }
  await gateway.post("/openai/v1/responses", { model });
  t.same(gateway.report().keyRefused, { upstream: "anthropic", status: 403 }, "another provider says nothing of it");
  await gateway.post("/anthropic/v1/messages", { model });
  t.equal(gateway.report().keyRefused, undefined);
});

t.test("free calls pass and count nothing; errors of the provider pass unchanged and count no tokens", async (t) => {
  const provider = await new ModelProvider().start(t);
  const gateway = await serveGateway(t, provider);
  const models = await fetch(`${gateway.url}/openai/v1/models`);
  t.same(await models.json(), { data: [] });
  await gateway.post("/anthropic/v1/messages/count_tokens", { model });
  t.equal(gateway.report().requests, 0);
  provider.next.errors.push({ status: 400 });
  const answer = await gateway.post("/anthropic/v1/messages", { model });
  t.equal(answer.status, 400);
  t.equal(answer.body, '{"error":{"message":"no"}}');
  t.same(tokensOf(gateway.report()), noTokens);
});

t.test(
  "a provider that cannot be reached, that redirects, or a key that is missing gives an error without the key",
  async (t) => {
    const provider = await new ModelProvider().start(t);
    provider.next.errors.push({ status: 302, headers: { location: "https://example.com" } });
    const upstream = { format: "anthropic", baseUrl: provider.url } as const;
    const gateway = await serveGateway(t, provider, {
      upstreams: {
        redirecting: upstream,
        away: { ...upstream, baseUrl: "http://127.0.0.1:1" },
        keyless: { ...upstream, keyFile: "/nowhere/key" },
      },
    });
    for (const [name, message] of [
      ["redirecting", /redirects/],
      ["away", /cannot be reached/],
      ["keyless", /\/nowhere\/key/],
    ] as const) {
      const answer = await gateway.post(`/${name}/v1/messages`, { model });
      t.equal(answer.status, 502);
      t.match(answer.body, message);
    }
    t.same(tokensOf(gateway.report()), noTokens);
  },
);

/** Begins a streamed request, and gives its response as soon as it has begun. */
async function streamed(url: string): Promise<IncomingMessage> {
  const sent = request(`${url}/anthropic/v1/messages`, { method: "POST", agent: false });
  sent.on("error", () => undefined);
  sent.end(JSON.stringify({ model, stream: true }));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  return response;
}

t.test(
  "events pass as soon as they arrive, and an answer that the agent leaves is read to its end for its usage",
  async (t) => {
    const provider = await new ModelProvider().start(t);
    const gates = [0, 1, 2, 3, 4, 5].map(() => {
      let open = (): void => undefined;
      return { passed: new Promise<void>((resolve) => (open = resolve)), open };
    });
    provider.next.beforePart = (index) => gates[index]?.passed;
    const gateway = await serveGateway(t, provider);
    gates[0]?.open();
    const response = await streamed(gateway.url);
    gates[1]?.open();
    let received = "";
    response.on("data", (part: Buffer) => (received += part.toString()));
    await eventually("the first part has passed", () => received.includes("Hello"));
    t.notMatch(received, "world");
    response.destroy();
    for (const { open } of gates) open();
    await eventually("the usage is known", () => gateway.report().requests === 1);
    t.same(tokensOf(gateway.report()), provider.next.tokens);
    t.equal(gateway.report().estimatedRequests, undefined);
  },
);

t.test("an answer that is cut off counts what the provider has said and the text that has arrived", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.parts = ["x".repeat(400), "y".repeat(400)];
  provider.next.beforePart = (index, response) => {
    if (index === 3) response.destroy();
  };
  const gateway = await serveGateway(t, provider);
  const response = await streamed(gateway.url);
  response.resume();
  await new Promise((resolve) => response.once("close", resolve));
  t.equal(response.complete, false, "the agent sees that it was cut off");
  await eventually("it is counted", () => gateway.report().requests === 1);
  t.same(tokensOf(gateway.report()), { input: 100, output: 200, cacheRead: 500, cacheWrite: 20 });
  t.equal(gateway.report().estimatedRequests, 1);
});

t.test("a gateway that stops cuts off what does not end in time, and counts it", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.beforePart = (index) => (index < 2 ? undefined : new Promise<void>(() => undefined));
  const gateway = await serveGateway(t, provider, { drainSeconds: 0 });
  const response = await streamed(gateway.url);
  response.resume();
  await once(response, "data");
  await gateway.stop();
  t.match(gateway.report(), { requests: 1, inputTokens: 100, estimatedRequests: 1 });
});

t.test("what refused the last request for a model is reported, until one is served", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.tokens = { input: 60, output: 40, cacheRead: 0, cacheWrite: 0 };
  const gateway = await serveGateway(t, provider, { budget: { maxTokens: 250 }, maxProviderWaitSeconds: 0 });
  const post = async (): Promise<unknown> => {
    await gateway.post("/anthropic/v1/messages", { model });
    return gateway.report().lastRefused;
  };
  t.equal(await post(), undefined);
  provider.next.errors.push({ status: 401 });
  t.equal(await post(), "key");
  await gateway.post("/anthropic/v1/messages/count_tokens", { model });
  t.equal(gateway.report().lastRefused, "key", "a request that no model answers says nothing");
  t.equal(await post(), undefined);
  provider.next.errors.push({ status: 429 });
  t.equal(await post(), "limits", "also where the provider does not say until when");
  t.same(gateway.report().limited, { upstream: "anthropic", status: 429 });
  t.equal(await post(), undefined);
  t.equal(await post(), "budget");
  t.match(gateway.report().budgetExceeded, /300 of 250 tokens/);
});

t.test("a provider that fails or cannot be reached is reported, until something is served", async (t) => {
  const provider = await new ModelProvider().start(t);
  const gateway = await serveGateway(t, provider);
  provider.next.errors.push({ status: 503 });
  t.equal((await gateway.post("/anthropic/v1/messages", { model })).status, 503);
  t.same(gateway.report().unavailable, { upstream: "anthropic", status: 503 });
  await gateway.post("/openai/v1/responses", { model });
  t.match(gateway.report().unavailable, { upstream: "anthropic" }, "another provider says nothing of it");
  t.equal((await gateway.post("/anthropic/v1/messages", { model })).status, 200);
  t.equal(gateway.report().unavailable, undefined);
  t.equal(gateway.report().lastRefused, undefined);
});

t.test("limits of a provider are waited out if they are short", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.errors.push(
    { status: 429, headers: { "retry-after-ms": "5" } },
    { status: 529, headers: { "retry-after": "0" } },
  );
  const gateway = await serveGateway(t, provider);
  const answer = await gateway.post("/anthropic/v1/messages", { model });
  t.equal(answer.status, 200);
  t.equal(provider.arrived.length, 3);
  t.match(gateway.report(), { requests: 1, outputTokens: 30 });
  t.equal(gateway.report().limited, undefined);
});

t.test("a provider that always answers retry-after 0 gets five tries of a request", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.errors.push(...Array.from({ length: 50 }, () => ({ status: 429, headers: { "retry-after": "0" } })));
  const gateway = await serveGateway(t, provider);
  t.equal((await gateway.post("/anthropic/v1/messages", { model })).status, 429);
  t.equal(provider.arrived.length, 5);
  t.same(gateway.report().limited, { upstream: "anthropic", status: 429 });
});

t.test("longer limits are passed to the agent and the report, and the provider gets no request before", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.errors.push({ status: 429 }, { status: 429, headers: { "retry-after": "3600" } });
  const gateway = await serveGateway(t, provider);
  t.equal(
    (await gateway.post("/anthropic/v1/messages", { model })).status,
    429,
    "the provider does not say until when",
  );
  t.same(gateway.report().limited, { upstream: "anthropic", status: 429 });
  t.equal((await gateway.post("/anthropic/v1/messages", { model })).status, 429);
  const { limited } = gateway.report();
  t.match(limited, { upstream: "anthropic", status: 429 });
  t.ok(Math.abs(Date.parse(limited?.until ?? "") - Date.now() - 3_600_000) < 60_000);
  const again = await gateway.post("/anthropic/v1/messages", { model });
  t.equal(again.status, 429);
  t.ok(Number(again.headers["retry-after"]) > 3_500);
  t.match(again.body, "rate_limit_error");
  t.equal(provider.arrived.length, 2);
  t.equal((await gateway.post("/openai/v1/responses", { model })).status, 200, "another provider is not concerned");
});

t.test("limits that were reset while the agent went on are not the reason of its end", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.errors.push({ status: 429, headers: { "retry-after": "1" } });
  const gateway = await serveGateway(t, provider, { maxProviderWaitSeconds: 0 });
  t.equal((await gateway.post("/anthropic/v1/messages", { model })).status, 429);
  t.match(gateway.report().limited, { status: 429 });
  await eventually("they are reset", async () => {
    return (await gateway.post("/anthropic/v1/messages", { model })).status === 200;
  });
  t.equal(gateway.report().limited, undefined);
});

for (const [path, status, form] of [
  ["/anthropic/v1/messages", 402, "billing_error"],
  ["/openai/v1/responses", 403, "budget_exceeded"],
  [`/gemini/v1beta/models/${model}:generateContent`, 403, "PERMISSION_DENIED"],
] as const)
  t.test(`${path}: at the budget's end requests are refused, and one response at most exceeds it`, async (t) => {
    const provider = await new ModelProvider().start(t);
    provider.next.tokens = { input: 60, output: 40, cacheRead: 0, cacheWrite: 0 };
    const gateway = await serveGateway(t, provider, { budget: { maxTokens: 250 } });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => gateway.post(path, { model, max_tokens: 10_000 })),
    );
    t.equal(answers.filter((answer) => answer.status === 200).length, 3);
    for (const answer of answers.filter((answer) => answer.status !== 200)) {
      t.equal(answer.status, status);
      t.match(answer.body, form);
      t.match(answer.body, "300 of 250 tokens");
    }
    t.equal(provider.arrived.length, 3);
    const report = gateway.report();
    t.match(report.budgetExceeded, "raise budget.maxTokens");
    t.ok(gateway.logged.some((line) => line.includes("nearly used")));
  });

t.test("a budget in US dollars counts earlier attempts, and needs prices", async (t) => {
  const provider = await new ModelProvider().start(t);
  provider.next.tokens = { ...noTokens, output: 1_000_000 };
  const used = [{ model, tokens: { ...noTokens, output: 1_000_000 }, requests: 1, estimated: 0 }];
  const both = await serveGateway(t, provider, { budget: { maxCostUSD: 30, maxTokens: 9_000_000 } });
  t.equal((await both.post("/anthropic/v1/messages", { model: "unknown" })).status, 402);
  t.match(both.report().budgetExceeded, "no price of unknown", "tokens beside them do not bound the dollars");
  const gateway = await serveGateway(t, provider, { budget: { maxCostUSD: 30, used } });
  t.equal((await gateway.post("/anthropic/v1/messages", { model: "unknown" })).status, 402);
  t.match(gateway.report().budgetExceeded, "no price of unknown");
  t.equal((await gateway.post("/anthropic/v1/messages", { model })).status, 200);
  const refused = await gateway.post("/anthropic/v1/messages", { model });
  t.match(refused.body, "30.00 of 30 US dollars");
  t.equal(gateway.report().costUSD, 15, "of this attempt");
});
