import { Command, Option } from "commander";
import { agentOf } from "../../api/coderun.js";
import { workflowLabels } from "../../argo/workflow.js";
import { findPlay, playSteps, type Play, type PlayStep } from "../../operations/plays.js";
import { printable } from "../../printable.js";
import { ageSince } from "../age.js";
import { aligned } from "../aligned.js";
import { inCluster, withAccessOptions, type AccessOptions } from "../cluster-access.js";
import { processIo, withColorOf, withExitCode, type CommandIo } from "../io.js";
import { positiveInteger } from "../options.js";
import { colored, type Color } from "../terminal.js";

interface Options extends AccessOptions {
  readonly repo?: string;
  readonly output: "table" | "json";
}

/** `orchestrator play status`. Exit codes: 0 shown; 1 the API server refuses, or there is no such play; 2 wrong usage or no cluster. */
export function statusCommand(io: CommandIo = processIo, now: () => number = Date.now): Command {
  return withAccessOptions(new Command("status"))
    .description("show the progress of a task's play: its runs, the events it waits for, and the next stages")
    .argument("<task-id>", "number of the task", positiveInteger)
    .option("-r, --repo <url>", "repository of the task, if several have the number")
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (task: number, options: Options) =>
        inCluster(options, io, async ({ client, namespace }) => {
          const { repo } = options;
          const play = await findPlay(client, { namespace, task, ...(repo !== undefined && { repository: repo }) });
          if (options.output === "json") io.out(`${JSON.stringify(plain(play), null, 2)}\n`);
          else io.out(drawn(play, withColorOf(options, io), now()));
          return 0;
        }),
      ),
    );
}

const examples = `
Examples:
  orchestrator play status 7
  orchestrator play status 7 -o json`;

const marks: Readonly<Record<PlayStep["state"], readonly [mark: string, color: Color | undefined]>> = {
  done: ["✓", "green"],
  running: ["▶", "cyan"],
  waiting: ["…", "yellow"],
  failed: ["✗", "red"],
  cancelled: ["↺", "dim"],
  ahead: ["·", "dim"],
};

function drawn(play: Play, io: CommandIo, now: number): string {
  const { task, repository, namespace, workflow } = play;
  const title = `Task ${task} of ${printable(repository)} in namespace ${printable(namespace)}`;
  const engine =
    workflow === undefined
      ? "carried by github.rules"
      : `Workflow ${workflow.metadata.name}: ${workflow.status?.phase ?? "Pending"}, stage ${workflow.metadata.labels?.[workflowLabels.stage] ?? "unknown"}`;
  const steps = playSteps(play);
  const rows = steps.map(({ stage, state, run, message, at }) => {
    const agent = run === undefined ? "" : (agentOf(run.spec) ?? "");
    const name = run?.metadata.name ?? "";
    const about = run?.status?.pullRequestUrl ?? run?.status?.message ?? message ?? "";
    const phase = run?.status?.phase ?? (run === undefined ? state : "Pending");
    const age = at === undefined || at === "" ? "" : ageSince(at, now);
    return [marks[state][0], stage, agent, name, phase, age, about].map(printable);
  });
  const lines = aligned([["", "STAGE", "AGENT", "RUN", "STATE", "AGE", "ABOUT"], ...rows])
    .split("\n")
    .map((line, index) => {
      const state = steps[index - 1]?.state;
      return colored(line, state && marks[state][1], io.terminal?.colors === true);
    });
  return `${title}\n${printable(engine)}\n\n${lines.join("\n")}`;
}

/** The same for programs. */
function plain(play: Play): object {
  const { task, repository, namespace, workflow } = play;
  return {
    ...{ task, repository, namespace },
    ...(workflow !== undefined && {
      workflow: {
        name: workflow.metadata.name,
        phase: workflow.status?.phase,
        stage: workflow.metadata.labels?.[workflowLabels.stage],
      },
    }),
    steps: playSteps(play).map(({ run, ...step }) => ({
      ...step,
      ...(run !== undefined && {
        run: run.metadata.name,
        phase: run.status?.phase,
        pullRequestUrl: run.status?.pullRequestUrl,
      }),
    })),
  };
}
