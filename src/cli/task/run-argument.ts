import { Argument } from "commander";

/** The run that a command is about. */
export const runArgument = (): Argument =>
  new Argument("<run>", "name of the run, kind/name, or the number of a task that has one run");
