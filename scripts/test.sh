#!/usr/bin/env bash
# Runs every test and check that ctest knows in a built folder: test.sh FOLDER JOBS [CTEST OPTION...].
# Prints what failed with its output, the slowest tests, and one closing line with the counts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$1 jobs=$2
shift 2
log=$folder/test.log
report=$folder/test.xml

echo "test: running (whole log: $log)"
status=0
ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel "$jobs" \
  --output-junit "$PWD/$report" "$@" >"$log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
  grep -vE '^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*(Passed|Skipped)|^ +Start +[0-9]+:' "$log" |
    tail -n 400 >&2 || true
fi
exec /usr/bin/python3 scripts/summarise_tests.py "$report" "$log" "$status"
