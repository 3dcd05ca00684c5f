/** A receiver of webhooks behind the server's errors, on a port of its own until the end of the test. */
import { createServer } from "node:http";
import Koa from "koa";
import type { Test } from "tap";
import { problemOf } from "#src/server/problem.js";
import { receiveWebhooks, type ReceiverOptions, type WebhookSource } from "#src/server/webhook-receiver.js";
import { listen } from "../listen.js";

/** @returns the URL of the webhook */
export async function serveReceiver<Head>(
  t: Test,
  source: WebhookSource<Head>,
  options: ReceiverOptions,
): Promise<string> {
  const app = new Koa();
  app.use(async (context, next) => {
    try {
      await next();
    } catch (error) {
      const { status, body } = problemOf(error);
      Object.assign(context, { status, body });
    }
  });
  app.use(receiveWebhooks(source, options));
  app.on("error", () => undefined);
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  return `http://127.0.0.1:${await listen(t, server)}${source.path}`;
}
