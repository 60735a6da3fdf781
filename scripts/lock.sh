#!/usr/bin/env bash
# Rewrites requirements/constraints.txt from the environment that scripts/setup.sh made. Run it with the oldest supported
# Python (PYTHON=python3.10 make setup-heavy setup-docs), because the newest packages that it can install suit the later ones too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The ROS wheels register each package twice: under its name on PyPI (ros-std-msgs) and its own (std_msgs). Only the first exists there.
names=$(.venv/bin/pip freeze --exclude-editable | sed -n 's/^ros-\([a-z0-9-]*\)==.*/\1/p' | tr - _ | paste -sd'|')
{
  echo '# Every version that the layers pull in, as tested together on Python 3.10 to 3.12. Written by scripts/lock.sh.'
  .venv/bin/pip freeze --exclude-editable | grep -Ev "^($names|numpy|setuptools|follow_anything|tf2_msgs|vision_msgs)(==| @)"
} > requirements/constraints.txt.new
mv requirements/constraints.txt.new requirements/constraints.txt
