#!/bin/sh
# A worker as a shell script: it claims background tasks, works on them step by step, reports each step, and stops
# when a task was cancelled or is no longer its own. Needs curl and sed.
#
#   examples/worker.sh [--once] [TASK_TYPE ...]
#
# --once ends it when there is nothing to do; otherwise it asks again after 5 seconds. From the environment:
#   PIPEKEEP_SERVER   http://127.0.0.1:8084 unless told
#   PIPEKEEP_API_KEY  a key of role write, where keys are wanted
#   STEP_SECONDS      how long a step takes; 1 unless told
set -eu

server=${PIPEKEEP_SERVER:-http://127.0.0.1:8084}
worker="worker.sh@$(uname -n):$$"
lease_seconds=30
authorization=
[ -z "${PIPEKEEP_API_KEY:-}" ] || authorization="header = \"Authorization: Bearer $PIPEKEEP_API_KEY\""
once=no
types=
for word in "$@"; do
  case $word in
    --once) once=yes ;;
    *) types="$types${types:+, }\"$word\"" ;;
  esac
done

# call METHOD PATH JSON: sets $status and $answer. A server that is being restarted is asked again.
call() {
  tries=0
  until reply=$(
    # On standard input, so that key and lease token do not show among the arguments of processes.
    curl --silent --max-time 20 --write-out '\n%{http_code}' --config - <<REQUEST
url = "$server/api/v1/tasks$2"
request = "$1"
header = "Content-Type: application/json"
$authorization
data = "$(printf '%s' "$3" | sed 's/["\\]/\\&/g')"
REQUEST
  ); do
    tries=$((tries + 1))
    if [ "$tries" -ge 10 ]; then
      echo "$server does not answer" >&2
      exit 1
    fi
    sleep 1
  done
  status=$(printf '%s\n' "$reply" | sed -n '$p')
  answer=$(printf '%s\n' "$reply" | sed '$d')
}

# report FIELDS: tells the server, which makes the lease last again. Fails when the task is not ours any more.
report() {
  call PATCH "/$id" "{\"lease_token\": \"$token\", $1}"
  case $status in
    200) return 0 ;;
    409) echo "task $id: stopped: $answer" ;;
    *) echo "task $id: given up: $status $answer" >&2 ;;
  esac
  return 1
}

work() {
  # The numbers stand before "params", the token behind it. With jq: jq -r .data.lease_token
  numbers=$(printf '%s' "$answer" | sed 's/,"params":.*//')
  id=$(printf '%s' "$numbers" | sed 's/.*"id":\([0-9]*\),"project_id".*/\1/')
  step=$(printf '%s' "$numbers" | sed 's/.*"progress":\([0-9]*\).*/\1/')
  total=$(printf '%s' "$numbers" | sed 's/.*"total":\([0-9]*\).*/\1/')
  token=$(printf '%s' "$answer" | sed 's/.*"lease_token":"\([^"]*\)".*/\1/')
  [ "$total" -gt 0 ] || total=10
  echo "task $id: claimed at step $step of $total"
  while [ "$step" -lt "$total" ]; do
    # Here goes the work, in steps that are shorter than the lease.
    sleep "${STEP_SECONDS:-1}"
    step=$((step + 1))
    report "\"progress\": $step, \"total\": $total" || return 0
  done
  report "\"status\": \"completed\", \"result\": {\"steps\": $step}" || return 0
  echo "task $id: completed"
}

while :; do
  call POST /claim "{\"worker\": \"$worker\", \"lease_seconds\": $lease_seconds${types:+, \"task_types\": [$types]}}"
  case $status in
    200) work ;;
    204)
      if [ "$once" = yes ]; then exit 0; fi
      sleep 5
      ;;
    *)
      echo "cannot claim: $status $answer" >&2
      exit 1
      ;;
  esac
done
