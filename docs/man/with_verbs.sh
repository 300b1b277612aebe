#!/bin/sh
# A manual page with its line "@VERBS@" replaced by what a file says: with_verbs.sh PAGE VERBS. Writes to the standard output.
set -eu
sed -e "/^@VERBS@\$/{
r $2
d
}" "$1"
