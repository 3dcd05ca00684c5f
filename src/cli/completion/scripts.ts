/** Scripts that make shells ask `orchestrator __complete`. */

const bash = `# bash completion of orchestrator: source <(orchestrator completion bash)
_orchestrator() {
  local line value directive="" current="\${COMP_WORDS[COMP_CWORD]}" assigned=""
  COMPREPLY=()
  # of --name=value, bash replaces only what follows the sign
  [[ "$current" == "=" ]] && current=""
  while IFS= read -r line; do
    case "$line" in
      :*) directive="$line" ;;
      *)
        value="\${line%%$'\\t'*}"
        if [[ "$value" == --*=?* ]]; then value="\${value#*=}"; fi
        COMPREPLY+=("$value")
        ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  case "$directive" in
    :0) compopt -o filenames 2>/dev/null; while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current") ;;
    :16) compopt -o filenames 2>/dev/null; while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$current") ;;
  esac
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -F _orchestrator orchestrator
`;

const zsh = `#compdef orchestrator
# zsh completion of orchestrator: source <(orchestrator completion zsh)
_orchestrator() {
  local line directive="" value
  local -a candidates
  while IFS= read -r line; do
    case "$line" in
      :*) directive="$line" ;;
      *)
        value="\${line%%$'\\t'*}"
        if [[ "$line" == *$'\\t'* ]]; then candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}"); else candidates+=("\${value//:/\\\\:}"); fi
        ;;
    esac
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#candidates} )) && _describe -t values value candidates
  case "$directive" in
    :0) _files ;;
    :16) _files -/ ;;
  esac
}
if [[ "\${funcstack[1]}" == "_orchestrator" ]]; then _orchestrator "$@"; else compdef _orchestrator orchestrator; fi
`;

const fish = `# fish completion of orchestrator: orchestrator completion fish | source
function __orchestrator_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines (command $words[1] __complete $words[2..-1] 2>/dev/null)
  for line in $lines
    switch $line
      case ':0'
        __fish_complete_path (commandline -ct)
      case ':16'
        __fish_complete_directories (commandline -ct)
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c orchestrator -f -a '(__orchestrator_complete)'
`;

export const scripts = { bash, zsh, fish } as const;
