#!/bin/sh
# What is typed most often, for Linux, macOS and WSL. Each word only calls the command beside it; more words go with it.
#   docker/local/cody2zoho.sh demo         make demo                        simulated, needs nothing but Python
#   docker/local/cody2zoho.sh up           make up                          on this machine, until Ctrl-C
#   docker/local/cody2zoho.sh start        docker compose up -d             in containers
#   docker/local/cody2zoho.sh stop         docker compose stop
#   docker/local/cody2zoho.sh redis-start  cody2zoho redis start            a Redis for `up`, embedded or a container
#   docker/local/cody2zoho.sh redis-stop   cody2zoho redis stop
set -eu

word=${1:-}
[ $# -eq 0 ] || shift
# Where CDPATH is set, `cd` would look there first.
unset CDPATH
here=$(dirname "$0")
cd "$here/../.."

case "$word" in
demo | up) exec make "$word" ARGS="$*" ;;
start) exec docker compose up -d "$@" ;;
stop) exec docker compose stop "$@" ;;
redis-start | redis-stop)
    if [ ! -x .venv/bin/cody2zoho ]; then
        echo 'cody2zoho is not installed here yet: `make demo` does it, once.' >&2
        exit 2
    fi
    exec .venv/bin/cody2zoho redis "${word#redis-}" "$@"
    ;;
*)
    sed -n 's/^#   //p' docker/local/cody2zoho.sh >&2
    exit 2
    ;;
esac
