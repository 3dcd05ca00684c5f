/**
 * The script of the init container. It is a constant: what differs between attempts arrives in environment variables and
 * files, so no text of a user is ever parsed as shell. POSIX sh, as in busybox.
 *
 * Input: FILES (the mounted ConfigMap), WORKSPACE, SERVICE_NAME, TASK_ID, RUN_NUMBER; KEEP_ATTEMPTS, the number of attempts whose files
 * stay, with this one: absent for all.
 *
 * The two patterns match every `*.md` name that a ConfigMap can have, including hidden ones, and none of the `..data`
 * links that the kubelet puts beside them. What an earlier agent may have made a link is removed first: a copy would follow it, and so
 * would the agent's container, whose working directory is the service's.
 */
export const prepareScript = `set -eu
service="$WORKSPACE/$SERVICE_NAME"
task="$service/.task/$TASK_ID/run-$RUN_NUMBER"
for directory in "$service" "$service/.task" "$service/.task/$TASK_ID" "$task"; do
  [ ! -L "$directory" ] || rm -f "$directory"
done
mkdir -p "$task"
for file in "$FILES"/*.md "$FILES"/.[!.]*.md "$FILES/metadata.yaml"; do
  name="\${file##*/}"
  [ -f "$file" ] || continue
  if [ "$name" = CLAUDE.md ]; then
    rm -f "$service/CLAUDE.md"
    cp "$file" "$service/CLAUDE.md"
  else
    rm -f "$task/$name"
    cp "$file" "$task/$name"
  fi
done
for directory in "$service/.task/$TASK_ID"/run-*; do
  number="\${directory##*/run-}"
  # a number that a shell reads as decimal and can subtract
  case "$number" in '' | *[!0-9]* | 0* | ??????????*) continue ;; esac
  [ -n "\${KEEP_ATTEMPTS-}" ] && [ "$number" -lt "$RUN_NUMBER" ] && [ $((RUN_NUMBER - number)) -ge "$KEEP_ATTEMPTS" ] || continue
  # neither follows links; what cannot be removed is no reason to stop
  if rm -rf "$directory" 2>/dev/null; then echo "removed the files of attempt $number"; fi
done
echo "prepared attempt $RUN_NUMBER of task $TASK_ID"
`;
