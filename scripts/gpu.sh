#!/usr/bin/env bash
# A GPU in fifteen minutes: on a machine with one and this repository, builds what is missing and writes one JSON of figures.
#
#   scripts/gpu.sh                    out/gpu.json, at most 12 minutes (MINUTES=8 for less)
#   scripts/gpu.sh --dry-run          at tiny width, on the CPU where there is no GPU: whether everything runs
#   STAGES='machine owlv2' scripts/gpu.sh   only these
#   PYTHON_BIN=python3 scripts/gpu.sh uses an environment of yours instead of .venv
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

minutes=${MINUTES:-12} out=${OUT:-out/gpu.json} dry=no
for argument in "$@"; do
  case $argument in
    --dry-run) dry=yes ;;
    *) echo "gpu.sh: unknown argument $argument; it takes --dry-run" >&2; exit 2 ;;
  esac
done

if [ -z "${PYTHON_BIN:-}" ]; then
  [ -f .venv/bin/activate ] && .venv/bin/python -c 'import torch, transformers' 2> /dev/null || scripts/setup.sh heavy
  . scripts/env.sh
  PYTHON_BIN=python
fi
# The tree runs itself: an environment of somebody else's needs no install.
export PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH}

device=cuda options=()
if [ "$dry" = yes ]; then
  device=auto options=(--small)
elif ! "$PYTHON_BIN" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
  echo 'gpu.sh: torch finds no GPU here; see nvidia-smi, or try --dry-run' >&2
  exit 1
fi
for stage in ${STAGES:-}; do options+=(--stage "$stage"); done
exec "$PYTHON_BIN" -m follow_anything bench gpu --json "$out" --device "$device" --minutes "$minutes" "${options[@]}"
