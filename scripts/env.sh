# Source this: `. scripts/env.sh`. It activates .venv and sets what ROS 2 needs for this shell only.
# shellcheck shell=bash
_root=$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)
[ -f "$_root/.venv/bin/activate" ] || { echo 'there is no .venv yet: run `make setup`' >&2; return 1; }
. "$_root/.venv/bin/activate"

case ":${AMENT_PREFIX_PATH:-}:" in
  *":$VIRTUAL_ENV:"*) ;;
  *) export AMENT_PREFIX_PATH=$VIRTUAL_ENV${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH} ;;
esac
# The wheels set LD_LIBRARY_PATH themselves, in each Python that starts, unless a parent process says that it has done so.
unset _ROS_WHEELS_BOOTSTRAP_COMPLETE

export RMW_IMPLEMENTATION=${RMW_IMPLEMENTATION:-rmw_fastrtps_cpp}
# Stay on this machine unless told otherwise.
export ROS_AUTOMATIC_DISCOVERY_RANGE=${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}
# Shared memory large enough for images; see the file.
export FASTDDS_DEFAULT_PROFILES_FILE=${FASTDDS_DEFAULT_PROFILES_FILE:-$_root/config/fastdds.xml}
# Humble knows both under older names.
if [ "${ROS_DISTRO:-}" = humble ]; then
  export FASTRTPS_DEFAULT_PROFILES_FILE=${FASTRTPS_DEFAULT_PROFILES_FILE:-$FASTDDS_DEFAULT_PROFILES_FILE}
  export ROS_LOCALHOST_ONLY=${ROS_LOCALHOST_ONLY:-1}
fi
if [ -z "${MUJOCO_GL:-}" ]; then
  if PATH=$PATH:/sbin ldconfig -p | grep libOSMesa.so > /dev/null; then export MUJOCO_GL=osmesa; else export MUJOCO_GL=egl; fi
fi
unset _root
