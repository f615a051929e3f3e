#!/bin/sh
# Makes the database and its roles at the first start of the database container.
set -e
{
    for name in owner web worker backup; do
        eval "password=\$$(echo "$name" | tr a-z A-Z)_PASSWORD"
        printf "\\set %s_password '%s'\n" "$name" "$password"
    done
    echo "\\set database tidu"
    cat /roles.sql
} | psql --no-psqlrc --username postgres --dbname postgres
