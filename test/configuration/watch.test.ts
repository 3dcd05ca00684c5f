/** The watch of the configuration's ConfigMap, with an informer in memory. */
import { Registry } from "prom-client";
import t from "tap";
import { parseConfiguration } from "#src/configuration/parse.js";
import { ConfigurationSource } from "#src/configuration/source.js";
import { watchConfiguration } from "#src/configuration/watch.js";
import type { Informer } from "#src/runtime/cache/informer.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";
import type { Logger } from "#src/runtime/logger.js";

type Handler = Parameters<Informer<ConfigMap>["addHandler"]>[0];
type Change = Parameters<Handler>[0];

const configMap = (text: string | undefined, resourceVersion: string): ConfigMap => ({
  metadata: { name: "taskrun-controller-config", resourceVersion },
  data: { ...(text !== undefined && { "config.yaml": text }), other: resourceVersion },
});

function watched() {
  const source = new ConfigurationSource();
  const registry = new Registry();
  const events: { note: string; reason: string }[] = [];
  const logs: { problems: unknown; text: string }[] = [];
  const log = ({ problems }: { problems: unknown }, text: string): number => logs.push({ problems, text });
  let handler: Handler = () => undefined;
  const reporter = watchConfiguration(
    {
      informer: { addHandler: (added: Handler) => (handler = added) } as unknown as Informer<ConfigMap>,
      logger: { info: log, error: log } as unknown as Logger,
      registry,
      events: { event: (_: unknown, event: (typeof events)[number]) => events.push(event) },
    },
    source,
  );
  return {
    ...{ source, events, logs },
    /** Makes this process the one that writes Events, until the result is called. */
    lead: (): (() => Promise<void>) => {
      const stop = new AbortController();
      const running = reporter.start(stop.signal);
      return () => (stop.abort(), running);
    },
    change: (change: { readonly type: string; readonly object: ConfigMap; readonly old?: ConfigMap }) =>
      handler(change as unknown as Change),
    metric: async (name: string): Promise<string | undefined> =>
      new RegExp(`^${name.replace(/[{}]/g, "\\$&")} (\\d+)$`, "m").exec(await registry.metrics())?.[1],
  };
}

t.test("a change of the text takes effect, and a change beside it is not read", async (t) => {
  const { source, logs, change, metric } = watched();
  const first = configMap("job: {backoffLimit: 2}", "1");
  change({ type: "added", object: first });
  t.equal(source.current().job.backoffLimit, 2);
  change({ type: "updated", object: configMap("job: {backoffLimit: 2}", "2"), old: first });
  t.equal(logs.length, 1, "the text is the same");
  change({ type: "updated", object: configMap("job: {backoffLimit: 3}", "3"), old: first });
  t.equal(source.current().job.backoffLimit, 3);
  t.equal(await metric('orchestrator_config_reloads_total{result="accepted"}'), "2");
  t.equal(await metric("orchestrator_config_last_reload_successful"), "1");
});

t.test(
  "an invalid text changes nothing, gets an Event, and sets the metric to 0 until it is valid again",
  async (t) => {
    const { source, events, logs, change, lead, metric } = watched();
    lead();
    change({ type: "added", object: configMap("job: {backoffLimit: 2}", "1") });
    change({ type: "updated", object: configMap("job: {backoffLimit: many}", "2"), old: configMap("x: 1", "1") });
    t.equal(source.current().job.backoffLimit, 2);
    t.equal(await metric("orchestrator_config_last_reload_successful"), "0");
    t.equal(await metric('orchestrator_config_reloads_total{result="refused"}'), "1");
    t.match(events, [{ reason: "InvalidConfiguration", note: /job\.backoffLimit must be a whole number/ }]);
    t.match(logs.at(-1), { problems: [/^job\.backoffLimit must be/] });
    change({ type: "updated", object: configMap("odd: 1", "3"), old: configMap("x: 1", "2") });
    t.equal(await metric("orchestrator_config_last_reload_successful"), "1");
    t.match(logs.at(-1), { problems: [/^odd is not a known key/] }, "warnings are logged");
    t.equal(events.length, 1, "and get no Event");
  },
);

t.test("only the process that leads writes the Event, also about a text that was refused before it led", async (t) => {
  const { events, change, lead, metric } = watched();
  const bad = (version: string): ConfigMap => configMap(`job: {backoffLimit: many${version}}`, version);
  change({ type: "added", object: bad("1") });
  t.equal(await metric("orchestrator_config_last_reload_successful"), "0", "each process has its metric");
  t.same(events, []);
  const stop = lead();
  t.match(events, [{ note: /many1/ }]);
  change({ type: "updated", object: bad("2"), old: bad("1") });
  t.match(events, [{}, { note: /many2/ }]);
  await stop();
  change({ type: "updated", object: bad("3"), old: bad("2") });
  change({ type: "updated", object: configMap("job: {}", "4"), old: bad("3") });
  lead();
  t.equal(events.length, 2, "what is corrected meanwhile is not reported");
});

t.test("without the ConfigMap or its key the defaults apply", (t) => {
  const { source, change } = watched();
  const { configuration: standard } = parseConfiguration("");
  change({ type: "added", object: configMap("job: {backoffLimit: 2}", "1") });
  change({ type: "deleted", object: configMap("job: {backoffLimit: 2}", "1") });
  t.same(source.current(), standard);
  change({ type: "added", object: configMap("job: {backoffLimit: 2}", "2") });
  change({ type: "updated", object: configMap(undefined, "3"), old: configMap("job: {backoffLimit: 2}", "2") });
  t.same(source.current(), standard);
  t.end();
});
