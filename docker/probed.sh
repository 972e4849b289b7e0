#!/bin/sh
# Worker or beat where health can only be asked for by HTTP, as in Azure Container Apps: cody2zoho-probed worker
# The probe dies with the container, and the container with the role: `exec` makes it the one that signals reach.
set -eu

rm -f "$STATE_DIR/$1.heartbeat"
python -m cody2zoho.processes.probe "$STATE_DIR/$1.heartbeat" 8081 &
exec cody2zoho "$1"
