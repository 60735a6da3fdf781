#!/usr/bin/env bash
# A GPU in fifteen minutes: on a machine with one and this repository, builds what is missing and writes one JSON of figures.
#
#   scripts/gpu.sh                    out/gpu.json, at most 12 minutes (MINUTES=8 for less)
#   scripts/gpu.sh --train            then trains the tracker and the click network with the time left (STAGES=machine leaves more of it);
#                                     the weights stay in out/train, and the next run goes on. What they learn from is made beforehand,
#                                     on any machine: `train tracker --steps assets`, `train detector --stage assets` (docs/tracking.md).
#                                     TRAIN=FOLDER: another place; LABELLED=FOLDER: labelled photographs, too; SHARDS=100: of 192 scenes; FILMS=40: of 200
#   scripts/gpu.sh --dry-run          at tiny width, on the CPU where there is no GPU: whether everything runs
#   STAGES='machine owlv2 precision-owlv2' scripts/gpu.sh   only these; precision-NAME: in each precision, compiled, with CUDA graphs
#   PYTHON_BIN=python3 scripts/gpu.sh uses an environment of yours instead of .venv
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

minutes=${MINUTES:-12} out=${OUT:-out/gpu.json} folder=${TRAIN:-out/train} dry=no train=no
for argument in "$@"; do
  case $argument in
    --dry-run) dry=yes ;;
    --train) train=yes ;;
    *) echo "gpu.sh: unknown argument $argument; it takes --dry-run and --train" >&2; exit 2 ;;
  esac
done
if [ $train = yes ] && [ ! -d "$folder/assets" ]; then
  echo "gpu.sh: --train needs the pictures of $folder/assets; make them with train tracker --steps assets (docs/tracking.md)" >&2
  exit 1
fi

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
"$PYTHON_BIN" -m follow_anything bench gpu --json "$out" --device "$device" --minutes "$minutes" "${options[@]}"
[ $train = yes ] || exit 0

left() { awk "BEGIN { print 60 * $minutes - $SECONDS }"; }  # seconds
# Minutes of a schedule that goes on for a share of what is left: spent LOG, by earlier runs, and that.
spent() { tail -n 1 "$1" 2> /dev/null | sed -n 's/.*"minutes": \([0-9.]*\).*/\1/p'; }
budget() { awk "BEGIN { m = $1 * $(left) / 60; print (m > 0.02 ? m : 0.02) + 0$(spent "$2") }"; }
learn() {
  echo "== train $* ($(left) s left)"
  "$PYTHON_BIN" -m follow_anything train "$@" --device "$device" --workers "$(nproc)"
}
labelled=() photos=()
[ -z "${LABELLED:-}" ] || labelled=(--labelled "$LABELLED") photos=(--photos "$LABELLED")
start=models/tracker_tiny.safetensors
learn tracker --out "$folder" --steps data --shards "${SHARDS:-100}" --films "${FILMS:-40}" "${labelled[@]}"
learn tracker --out "$folder" --steps train --start $start --minutes "$(budget 0.6 "$folder/tracker/tracker.jsonl")"
if [ -d "$folder/detector/assets" ]; then
  learn detector --out "$folder/detector" --stage clicks --start models/detector_tiny_click.onnx --minutes "$(budget 0.8 "$folder/detector/clicks.jsonl")" "${photos[@]}"
else
  echo "gpu.sh: the click network is left out: there is no $folder/detector/assets (train detector --stage assets)"
fi
echo "trained: $folder/tracker/tracker.pt, and $folder/detector/clicks.pt where it was; export with --steps export, --stage export"
