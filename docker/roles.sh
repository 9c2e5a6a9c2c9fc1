#!/bin/sh
# Run once by the database container, when its data folder is empty.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --no-psqlrc --file /sql/roles.sql
