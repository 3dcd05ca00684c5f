import { Argument, Command } from "commander";
import { scripts } from "./completion/scripts.js";
import { processIo, withExitCode, type CommandIo } from "./io.js";

/** `orchestrator completion`. Exit codes: 0 success; 2 wrong usage. */
export function completionCommand(io: CommandIo = processIo): Command {
  return new Command("completion")
    .description("print the script that completes commands, options and names of runs in a shell")
    .addArgument(new Argument("<shell>", "shell to complete in").choices(Object.keys(scripts)))
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (shell: keyof typeof scripts) => {
        io.out(scripts[shell]);
        return 0;
      }),
    );
}

const examples = `
Examples:
  source <(orchestrator completion bash)      # in ~/.bashrc
  source <(orchestrator completion zsh)       # in ~/.zshrc, after compinit
  orchestrator completion fish | source       # in ~/.config/fish/config.fish

For kubectl's plug-in, put an executable file kubectl_complete-orchestrator into PATH:
  #!/bin/sh
  exec kubectl-orchestrator __complete "$@"`;
