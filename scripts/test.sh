#!/usr/bin/env bash
# Runs the tests: `scripts/test.sh [heavy] [arguments of pytest]`. First those that only compute, side by side; then those that look at
# the clock: two at a time where they mostly wait, one by one where they start a whole graph. Of these one that fails is tried once
# more, and the summary says so ("rerun"): a shared machine may stand still for a second, which a robot may not.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck disable=SC1091
. scripts/env.sh

computes=(
  test/{cli,core,doctor,io,models,sim,training} test/evaluation/{appearance,detection,following,speed,tracking}
  test/evaluation/closed_loop/test_{decisions,scenario_smoke}.py test/evaluation/test_{cluster,commands,probability_calibration}.py
  test/ros/{bags,messages} test/console/test_console_rules.py
  test/test_{deployment,docs_commands,docs_run,docs_style,extending_examples,install,layers,library_example,packaging,site}.py
)
waits=(test/robots test/launch test/console/test_console_{attack,server}.py test/ros/test_camera_input.py)
watches=(test "${computes[@]/#/--ignore=}" "${waits[@]/#/--ignore=}")
if [ "${1:-}" = heavy ]; then  # what is left out without torch, or without Ray
  shift
  need_torch() { grep -rlE "'torch'|'ray'|tiny_models" --include='test_*.py' "$@"; }
  mapfile -t computes < <(need_torch test/models test/evaluation test/training)
  mapfile -t watches < <(need_torch test/ros test/cli)
  waits=()
fi

run() {
  python -m pytest -q "$@"
  local code=$?
  [ $code -eq 5 ] || return $code  # 5: the arguments leave none of these
}

failed=0
OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 run -n auto --dist loadfile "$@" "${computes[@]}" || failed=1
[ ${#waits[@]} -eq 0 ] || run -n 2 --reruns 1 -rfER "$@" "${waits[@]}" || failed=1
run --reruns 1 -rfER "$@" "${watches[@]}" || failed=1
exit $failed
