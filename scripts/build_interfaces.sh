#!/usr/bin/env bash
# Compiles interfaces/vision_msgs and interfaces/tf2_msgs against the ROS wheels, into .venv. About half a minute.
# Called by scripts/setup.sh when no ROS is sourced.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
prefix=$PWD/.venv
python=$prefix/bin/python
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

# The wheels' cmake files name the include folders of the machine that built them.
python_include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
numpy_include=$("$python" -c 'import numpy; print(numpy.get_include())')
{ grep -rlZ /opt/python/ "$prefix/share" --include='*.cmake' || true; } | xargs -0r sed -i -E \
  -e "s#/opt/python/[^;\"]*/numpy/_?core/include#$numpy_include#g" \
  -e "s#/opt/python/[^;\"]*/include/python3[.0-9]*#$python_include#g"

# Inside the environment nothing but the wheels is visible: a stray workspace on the machine must not leak in.
export PATH=$prefix/bin:$PATH AMENT_PREFIX_PATH=$prefix CMAKE_PREFIX_PATH=$prefix LD_LIBRARY_PATH=$prefix/lib PYTHONPATH=
for package in tf2_msgs vision_msgs; do
  printf '[setup] compiling %s\n' "$package"
  {
    cmake -G Ninja -S "interfaces/$package" -B "$build/$package" -DCMAKE_INSTALL_PREFIX="$prefix" \
      -DPython3_EXECUTABLE="$python" -DPython3_FIND_VIRTUALENV=ONLY -DBUILD_TESTING=OFF -DCMAKE_BUILD_TYPE=Release &&
      cmake --build "$build/$package" && cmake --install "$build/$package"
  } > "$build/log" 2>&1 || { tail -n 40 "$build/log" >&2; exit 1; }
done
