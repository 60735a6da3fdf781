#!/usr/bin/env bash
# Runs the tests: `scripts/test.sh [heavy] [arguments of pytest]`. First those that only compute, side by side; then all others, which
# start processes and look at the clock, one by one. Of these one that fails is tried once more, and the summary says so ("rerun"): a
# shared machine may stand still for a second, which a robot may not.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck disable=SC1091
. scripts/env.sh

computes=(
  test/{core,doctor,io,models,sim,training} test/evaluation/{detection,following,speed,tracking}
  test/evaluation/closed_loop/test_scenario_smoke.py test/cli/test_cli_{detect,models,track}.py
  test/test_{deployment,docs_commands,docs_style,extending_examples,layers,library_example,site}.py
)
watches=(test "${computes[@]/#/--ignore=}")
if [ "${1:-}" = heavy ]; then  # what is left out without torch
  shift
  need_torch() { grep -rlE "'torch'|tiny_models" --include='test_*.py' "$@"; }
  mapfile -t computes < <(need_torch test/models test/evaluation test/training)
  mapfile -t watches < <(need_torch test/ros test/cli)
fi

run() {
  python -m pytest -q "$@"
  local code=$?
  [ $code -eq 5 ] || return $code  # 5: the arguments leave none of these
}

failed=0
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 run -n auto --dist loadfile "$@" "${computes[@]}" || failed=1
run --reruns 1 -rfER "$@" "${watches[@]}" || failed=1
exit $failed
