#!/bin/sh
# Flower in a container. Without FLOWER_BASIC_AUTH it gets a login made by chance, kept on Flower's volume:
# a login that everybody knows would one day stand open on somebody's network. It is not written to the log:
#   docker compose exec flower cat flower.login
set -eu

# A file that holds it is read by the program, which says what is wrong with it.
[ -z "${FLOWER_BASIC_AUTH_FILE:-}" ] || exec celery -A cody2zoho flower

case "${FLOWER_BASIC_AUTH:-}" in
'' | [Yy][Oo][Uu][Rr][_-]* | '{'* | '<'*) # unset, or what a template left behind
    login="$STATE_DIR/flower.login"
    if [ ! -s "$login" ]; then
        umask 077
        python -c 'import secrets; print("flower:" + secrets.token_urlsafe(18))' >"$login.new"
        mv "$login.new" "$login"
    fi
    FLOWER_BASIC_AUTH=$(cat "$login")
    export FLOWER_BASIC_AUTH
    echo 'FLOWER_BASIC_AUTH is not set; Flower has a login of its own: docker compose exec flower cat flower.login' >&2
    ;;
esac

exec celery -A cody2zoho flower
