/** The payloads that the community collected in @octokit/webhooks-examples: of GitHub itself, and of its Enterprise Servers. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface WebhookExample {
  /** Where it is, for messages. */
  readonly place: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly body: Buffer;
}

const editions = ["api.github.com", "ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"];

export function* webhookExamples(): Generator<WebhookExample> {
  const require = createRequire(import.meta.url);
  const installed = require.resolve("@octokit/webhooks-examples/package.json");
  for (const edition of editions) {
    const file = join(dirname(installed), edition, "index.json");
    const events = JSON.parse(readFileSync(file, "utf8")) as { name: string; examples: { action?: string }[] }[];
    for (const { name, examples } of events)
      for (const [index, example] of examples.entries())
        yield {
          place: `${edition}/${name}/${index}`,
          event: name,
          action: example.action,
          body: Buffer.from(JSON.stringify(example)),
        };
  }
}
