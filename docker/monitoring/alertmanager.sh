#!/bin/sh
# Starts Alertmanager with the routes of alertmanager.yml and a receiver for each address that .env has. Each setting may
# stand in a file instead, which the same name with _FILE at its end says. What is not set is not told there.
set -eu
umask 077

routes=${ALERTMANAGER_ROUTES:-/etc/alertmanager/alertmanager.yml}
config=${ALERTMANAGER_CONFIG:-/tmp/alertmanager.yml}

# Debian's own makes a new line of the two letters \n, in a password too.
echo() { printf '%s\n' "$*"; }

mark=$(printf '\357\273\277')

# A setting or what its file holds, without what an editor of Windows adds; empty where there is neither.
setting() {
    eval "file=\${ALERTMANAGER_$1_FILE:-}"
    if [ -n "$file" ]; then sed "1s/^$mark//" "$file" | tr -d '\r'; else eval "printf %s \"\${ALERTMANAGER_$1:-}\""; fi
}

# The same as a text of YAML.
quoted() { printf "'%s'" "$(setting "$1" | sed "s/'/''/g")"; }

is_set() { [ -n "$(setting "$1")" ]; }

title='{{ if eq .Status "resolved" }}Resolved: {{ end }}cody2zoho: {{ range $i, $a := .Alerts }}{{ if $i }}, {{ end }}{{ $a.Labels.alertname }}{{ end }}'
text='{{ range .Alerts }}{{ .Annotations.summary }}{{ if eq .Status "firing" }} → {{ .Annotations.remedy }}{{ end }}{{ "\n" }}{{ end }}'

receivers() {
    echo 'receivers:'
    echo '  - name: nobody'

    echo '  - name: watchdog'
    if is_set WATCHDOG_URL; then
        echo '    webhook_configs:'
        echo "      - url: $(quoted WATCHDOG_URL)"
        echo '        send_resolved: false'
    fi

    echo '  - name: pagerduty'
    if is_set PAGERDUTY_KEY; then
        echo '    pagerduty_configs:'
        echo "      - routing_key: $(quoted PAGERDUTY_KEY)"
        echo "        url: '${ALERTMANAGER_PAGERDUTY_URL:-https://events.pagerduty.com/v2/enqueue}'"
        echo "        severity: '{{ if eq .CommonLabels.severity \"critical\" }}critical{{ else }}error{{ end }}'"
        echo "        description: '$title'"
        echo "        details: { alerts: '$text' }"
    fi

    echo '  - name: slack'
    if is_set SLACK_WEBHOOK; then
        echo '    slack_configs:'
        echo "      - api_url: $(quoted SLACK_WEBHOOK)"
        echo '        send_resolved: true'
        echo "        title: '$title'"
        echo "        text: '$text'"
    fi

    echo '  - name: email'
    if is_set EMAIL_TO; then
        echo '    email_configs:'
        echo "      - to: $(quoted EMAIL_TO)"
        echo "        from: $(quoted EMAIL_FROM)"
        echo "        smarthost: $(quoted SMTP_HOST)"
        if is_set SMTP_USER; then
            echo "        auth_username: $(quoted SMTP_USER)"
            echo "        auth_password: $(quoted SMTP_PASSWORD)"
        fi
        echo '        send_resolved: true'
        echo "        headers: { Subject: '$title' }"
        echo "        html: ''"
        echo "        text: '$text'"
    fi

    echo '  - name: webhook'
    if is_set WEBHOOK; then
        echo '    webhook_configs:'
        echo "      - url: $(quoted WEBHOOK)"
        echo '        send_resolved: true'
    fi
}

names='PAGERDUTY_KEY SLACK_WEBHOOK EMAIL_TO EMAIL_FROM SMTP_HOST SMTP_USER SMTP_PASSWORD WEBHOOK WATCHDOG_URL'
for name in $names; do
    eval "file=\${ALERTMANAGER_${name}_FILE:-}"
    if [ -n "$file" ] && [ ! -r "$file" ]; then
        echo "ALERTMANAGER_${name}_FILE names a file that cannot be read" >&2
        exit 2
    fi
    if setting "$name" | sed 1d | grep -q .; then
        echo "ALERTMANAGER_$name has more than one line; write it in one" >&2
        exit 2
    fi
done
if is_set EMAIL_TO && ! { is_set EMAIL_FROM && is_set SMTP_HOST; }; then
    echo 'ALERTMANAGER_EMAIL_TO needs ALERTMANAGER_EMAIL_FROM and ALERTMANAGER_SMTP_HOST, as smtp.example.com:587' >&2
    exit 2
fi
written=$(receivers)
{
    cat "$routes"
    printf '%s\n' "$written"
} >"$config"

for name in $names; do
    unset "ALERTMANAGER_$name"
done
exec "${@:-alertmanager}" --config.file="$config"
