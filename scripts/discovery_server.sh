#!/usr/bin/env bash
# The address book of a graph on two machines; see docs/two_machines.md. Run it on the robot.
#
#   scripts/discovery_server.sh 10.0.0.5 [11811]
set -euo pipefail
address=${1:?'give the address of the robot in the network it shares with the workstation'}
port=${2:-11811}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -n "${ROS_DISTRO:-}" ]; then exec fastdds discovery -i 0 -l "$address" -p "$port"; fi
# shellcheck disable=SC1091
. scripts/env.sh
# ROS from wheels: the libraries are found by importing rclpy. 42 is the number of the command `server`.
exec python -c 'import os, sys, rclpy; os.execvp("fast-discovery-server", ["fast-discovery-server", "42", *sys.argv[1:]])' \
  -i 0 -l "$address" -p "$port"
