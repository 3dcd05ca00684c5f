/** Scripts that make shells ask `orchestrator __complete`. */

const bash = `# bash completion of orchestrator: source <(orchestrator completion bash)
_orchestrator() {
  local rest="\${COMP_LINE:0:COMP_POINT}" piece="" word="" prefix="" value line directive="" index
  local -a words=()
  COMPREPLY=()
  # bash cuts words at = and :, so pieces without a space between them are joined again
  for ((index = 0; index <= COMP_CWORD; index++)); do
    piece="\${COMP_WORDS[index]}"
    line="\${rest#"\${rest%%[![:space:]]*}"}"
    if ((index > 0)) && [[ "$line" != "$rest" || -z "$rest" ]]; then
      words+=("$word")
      word=""
      prefix=""
    fi
    if ((index == COMP_CWORD)); then piece="$line"; fi
    rest="\${line#"$piece"}"
    if ((index < COMP_CWORD)) || [[ "$piece" =~ ^[:=@]+$ ]]; then prefix+="$piece"; fi
    word+="$piece"
  done
  piece="\${word#"$prefix"}"
  words+=("$word")
  # without quotes and backslashes
  for index in "\${!words[@]}"; do words[index]="$(_orchestrator_plain "\${words[index]}")"; done
  prefix="$(_orchestrator_plain "$prefix")"
  while IFS= read -r line; do
    case "$line" in
      :*) directive="$line" ;;
      *)
        value="\${line%%$'\\t'*}"
        value="\${value#"$prefix"}"
        if [[ "$piece" != [\\"\\']* ]]; then printf -v value %q "$value"; fi
        COMPREPLY+=("$value")
        ;;
    esac
  done < <("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null)
  piece="$(_orchestrator_plain "$piece")"
  case "$directive" in
    :0) compopt -o filenames 2>/dev/null; while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$piece") ;;
    :16) compopt -o filenames 2>/dev/null; while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$piece") ;;
  esac
  if [[ \${#COMPREPLY[@]} -eq 1 && "\${COMPREPLY[0]}" == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
_orchestrator_plain() {
  local text="\${1//\\\\/}"
  printf '%s' "\${text//[\\"\\']/}"
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
  done < <("\${(Q)words[1]}" __complete "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
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
  set -l current (commandline -ct | string replace -ra '[\\\\\\\\"\\']' '')
  set -l words (commandline -opc) "$current"
  set -l lines (command $words[1] __complete $words[2..-1] 2>/dev/null)
  for line in $lines
    switch $line
      case ':0'
        __fish_complete_path $current
      case ':16'
        __fish_complete_directories $current
      case ':*'
      case '*'
        echo $line
    end
  end
end
complete -c orchestrator -f -a '(__orchestrator_complete)'
`;

export const scripts = { bash, zsh, fish } as const;
