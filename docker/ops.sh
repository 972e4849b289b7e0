#!/bin/sh
# The operations API in a container. Without OPS_TOKEN it gets one made by chance, kept on its volume: loopback inside a
# container is nowhere a browser gets to, and a token that everybody knows would one day stand open on somebody's
# network. It is not written to the log:
#   docker compose exec ops cat ops.token
set -eu

# A file that holds it is read by the program, which says what is wrong with it.
[ -z "${OPS_TOKEN_FILE:-}" ] || exec cody2zoho ops

case "${OPS_TOKEN:-}" in
'' | [Yy][Oo][Uu][Rr][_-]* | '{'* | '<'*) # unset, or what a template left behind
    token="$STATE_DIR/ops.token"
    if [ ! -s "$token" ]; then
        umask 077
        python -c 'import secrets; print(secrets.token_urlsafe(24))' >"$token.new"
        mv "$token.new" "$token"
    fi
    OPS_TOKEN=$(cat "$token")
    export OPS_TOKEN
    echo 'OPS_TOKEN is not set; the status page has one of its own: docker compose exec ops cat ops.token' >&2
    ;;
esac

exec cody2zoho ops
