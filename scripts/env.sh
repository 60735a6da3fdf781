# Source this: `. scripts/env.sh`. It activates .venv and sets what ROS 2 needs for this shell only.
# shellcheck shell=bash
_root=$(cd "$(dirname "${BASH_SOURCE[0]:-$0}")/.." && pwd)
[ -f "$_root/.venv/bin/activate" ] || { echo "there is no .venv yet: run make setup" >&2; return 1; }
# shellcheck disable=SC1091
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
[ "${ROS_DISTRO:-}" != humble ] || export ROS_LOCALHOST_ONLY=${ROS_LOCALHOST_ONLY:-1}
# Shared memory large enough for images; see the files. Fast DDS 2 (Humble, Jazzy) knows the variable under an older name.
case ${ROS_DISTRO:-} in
  humble | jazzy) _variable=FASTRTPS_DEFAULT_PROFILES_FILE ;;
  *) _variable=FASTDDS_DEFAULT_PROFILES_FILE ;;
esac
if [ -z "${!_variable:-}" ]; then
  _profile=fastdds.xml
  _free_kb=$(df -Pk /dev/shm 2> /dev/null | awk 'NR == 2 { print $4 }')
  [ "${_free_kb:-262144}" -ge 262144 ] || _profile=fastdds_small.xml
  export "$_variable=$_root/config/$_profile"
  unset _free_kb _profile
fi
unset _variable
if [ -z "${MUJOCO_GL:-}" ]; then
  if PATH=$PATH:/sbin ldconfig -p | grep libOSMesa.so > /dev/null; then export MUJOCO_GL=osmesa; else export MUJOCO_GL=egl; fi
fi
unset _root
