#!/bin/sh
# A manual page of a file format, made from the documentation that describes it, so that there is one text:
#   page.sh FILE.md NAME SECTION DESCRIPTION [HEADING]
# HEADING: only what stands below that heading of the second level. Writes to the standard output.
set -eu
file=$1 name=$2 section=$3 description=$4 heading=${5:-}
body=$(awk -v heading="$heading" '
    /^# / { next }
    heading != "" && /^## / { within = ($0 == "## " heading); next }
    heading == "" || within' "$file")
[ -n "$body" ] || { echo "page.sh: $file has nothing below '## $heading'" >&2; exit 1; }
# man(1) sees by the first line that there are tables in it.
printf "'\\\\\" t\n"
printf '# NAME\n\n%s - %s\n\n# DESCRIPTION\n\n%s\n' "$name" "$description" "$body" |
    lowdown -s -tman --nroff-nolinks -M title="$name" -M section="$section" -M source=Plugtone |
    # A path must not be hyphenated; what is long may be broken behind its marks.
    sed -e '/^\.TH /a .nh\n.ad l' -e "/^[.']/b" -e "/^$name - /b" -e 's,[/&=_>],&\\:,g' -e 's,\([a-z]\)\.\([a-z]\),\1.\\:\2,g'
