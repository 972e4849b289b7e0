#!/bin/sh
# Starts Graylog with GRAYLOG_PASSWORD as the password of its user admin. Graylog wants that as a digest, and besides a
# secret by which it encrypts what it keeps; that one is made by chance at the first start and stays on the volume.
set -eu
umask 077

data=${GRAYLOG_DATA:-/usr/share/graylog/data}
secret=$data/password.secret

if [ -z "${GRAYLOG_PASSWORD:-}" ]; then
    echo 'GRAYLOG_PASSWORD is not set; write a password for the user admin of Graylog into .env.' >&2
    exit 2
fi
if [ ! -s "$secret" ]; then
    head -c 48 /dev/urandom | base64 | tr -d '\n' >"$secret.new"
    mv "$secret.new" "$secret"
fi

GRAYLOG_PASSWORD_SECRET=$(cat "$secret")
GRAYLOG_ROOT_PASSWORD_SHA2=$(printf %s "$GRAYLOG_PASSWORD" | sha256sum | cut -d ' ' -f 1)
export GRAYLOG_PASSWORD_SECRET GRAYLOG_ROOT_PASSWORD_SHA2
unset GRAYLOG_PASSWORD GRAYLOG_DATA
umask 022
exec "${@:-/docker-entrypoint.sh}"
