/** What the answers of providers say of their use, in every form that their documentation shows. */
import t from "tap";
import { openai } from "#src/gateway/formats/openai.js";

t.test("OpenAI: chat, responses and embeddings name their tokens differently", (t) => {
  const details = { cached_tokens: 40 };
  for (const [answer, tokens] of [
    [
      { usage: { prompt_tokens: 100, completion_tokens: 7, prompt_tokens_details: details } },
      { input: 60, output: 7, cacheRead: 40 },
    ],
    [
      { usage: { input_tokens: 100, output_tokens: 7, input_tokens_details: details } },
      { input: 60, output: 7, cacheRead: 40 },
    ],
    [{ response: { usage: { input_tokens: 3, output_tokens: 0 } } }, { input: 3, output: 0, cacheRead: 0 }],
    // embeddings have no output
    [{ usage: { prompt_tokens: 8, total_tokens: 8 } }, { input: 8, output: 0, cacheRead: 0 }],
    // more cached than read makes no negative input
    [{ usage: { prompt_tokens: 5, prompt_tokens_details: details } }, { input: 0, output: 0, cacheRead: 5 }],
    [{ usage: {} }, { input: 0, output: 0, cacheRead: 0 }],
    [{ usage: null }, undefined],
    [{}, undefined],
  ] as const)
    t.same(openai.usage(answer), tokens, JSON.stringify(answer));
  t.end();
});

t.test("OpenAI: text, reasoning, refusals and arguments of tools count as output of a stream", (t) => {
  for (const [event, length] of [
    [{ choices: [{ delta: { content: "abc" } }, { delta: { refusal: "no", reasoning_content: "why" } }] }, 8],
    [{ choices: [{ delta: { tool_calls: [{ function: { arguments: "{}" } }, { function: {} }, 7] } }] }, 2],
    [{ choices: [null, {}, { delta: "abc" }] }, 0],
    [{ delta: "abcd" }, 4],
    [{ delta: { text: "abcd" } }, 0],
  ] as const)
    t.equal(openai.outputLength(event as never), length, JSON.stringify(event));
  t.end();
});
