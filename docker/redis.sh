#!/bin/sh
# Redis in a container: `redis.sh` starts it, `redis.sh ping` is its health check. The password comes from REDIS_PASSWORD
# or from the file that REDIS_PASSWORD_FILE names, and stands neither in the list of processes nor in a file of ours.
# The data is kept in the present folder.
set -eu

# Debian's own makes a new line of the two letters \n, in a password too.
echo() { printf '%s\n' "$*"; }

password=${REDIS_PASSWORD:-}
file=${REDIS_PASSWORD_FILE:-}
if [ -n "$password" ] && [ -n "$file" ]; then
    echo 'REDIS_PASSWORD and REDIS_PASSWORD_FILE are both set; take one of them away.' >&2
    exit 2
fi
if [ -n "$file" ]; then
    if [ ! -f "$file" ] || [ ! -r "$file" ]; then
        echo 'REDIS_PASSWORD_FILE names a file that is not there, or that this user may not read.' >&2
        exit 2
    fi
    # The last line may lack its end. What Windows adds, a mark of the encoding and a return, our own do not read either.
    read -r password <"$file" || [ -n "$password" ] || true
    password=${password#"$(printf '\357\273\277')"}
    password=${password%"$(printf '\r')"}
fi
if [ -z "$password" ]; then
    echo 'REDIS_PASSWORD is not set; write one into .env, or a file for REDIS_PASSWORD_FILE.' >&2
    exit 2
fi

if [ "${1:-}" = ping ]; then
    REDISCLI_AUTH=$password redis-cli ping | grep -q PONG
    exit
fi

quoted=$(echo "$password" | sed 's/[\\"]/\\&/g')
unset REDIS_PASSWORD password
# On a full disk or memory new work is refused, and nothing that is known is evicted.
exec redis-server - "$@" <<END
requirepass "$quoted"
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
END
