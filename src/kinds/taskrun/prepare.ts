/**
 * The script of the init container. It is a constant: what differs between runs comes in by environment variables and
 * files, so nothing that a user wrote is ever read as shell. POSIX sh, as busybox has it.
 *
 * In: FILES (the mounted ConfigMap), WORKSPACE, SERVICE_NAME, TASK_ID, RUN_NUMBER.
 *
 * The two patterns take every `*.md` name that a ConfigMap can have, hidden ones too, and none of the `..data` links
 * that the kubelet puts beside them. CLAUDE.md is removed first: were it a link, the copy would go where it points.
 */
export const prepareScript = `set -eu
service="$WORKSPACE/$SERVICE_NAME"
task="$service/.task/$TASK_ID/run-$RUN_NUMBER"
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
echo "prepared run $RUN_NUMBER of task $TASK_ID"
`;
