#!/usr/bin/env bash
# Builds the fuzz targets (libFuzzer with address and undefined-behaviour sanitizers) and runs each:
# fuzz.sh SECONDS JOBS [TARGET...]. New inputs gather in build-fuzz/corpus/TARGET, starting from
# tests/fuzz_corpus/TARGET; a crashing input is left in build-fuzz/crashes and fails the run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=$1 jobs=$2
shift 2
readonly folder=build-fuzz

scripts/build.sh fuzz "$folder" "$jobs"
if [ $# -gt 0 ]; then
  targets=("$@")
else
  mapfile -t targets < <(cd "$folder/bin" && printf '%s\n' fuzz_* | sed 's/^fuzz_//')
fi

# fuzz_one TARGET: one line on success, the end of the log on failure.
# One allocation may not exceed 64 MB plus four times the largest input: a count that was read from
# the file and believed shows up as a failure, not as slowness.
fuzz_one() {
  local target=$1 folder=$2 seconds=$3
  local corpus=$folder/corpus/$target log=$folder/fuzz_$target.log
  mkdir -p "$corpus" "$folder/crashes"
  local seeds=()
  [ ! -d "tests/fuzz_corpus/$target" ] || seeds=("tests/fuzz_corpus/$target")
  if ! "$folder/bin/fuzz_$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 \
    -rss_limit_mb=2048 -malloc_limit_mb=65 -print_final_stats=1 \
    -artifact_prefix="$folder/crashes/$target-" "$corpus" "${seeds[@]}" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: error: $target failed (whole log: $log)" >&2
    return 1
  fi
  echo "fuzz: $target: $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs, clean"
}
export -f fuzz_one

printf '%s\n' "${targets[@]}" |
  xargs -P "$jobs" -I TARGET bash -c 'fuzz_one "$@"' _ TARGET "$folder" "$seconds"
