#!/usr/bin/env bash
# Runs the tests: `scripts/test.sh [arguments of pytest]`. First those that only compute, side by side; then all others, which start
# processes and look at the clock, one by one.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck disable=SC1091
. scripts/env.sh

computes=(
  test/{core,io,models,sim,training} test/evaluation/{detection,following,speed,tracking}
  test/test_{docs_commands,docs_style,layers,library_example}.py
)

run() {
  python -m pytest -q "$@"
  local code=$?
  [ $code -eq 5 ] || return $code  # 5: the arguments leave none of these
}

failed=0
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 run -n auto --dist loadfile "$@" "${computes[@]}" || failed=1
run "$@" test "${computes[@]/#/--ignore=}" || failed=1
exit $failed
