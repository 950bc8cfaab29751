#!/bin/sh
# What others judge IRC servers with: irctest where IRCTEST names a checkout of it, and the
# irc-framework of npm. HOBNOBD is the program; arguments go to pytest. See README.md.
set -u
here=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-python3}
status=0

if [ -z "${IRCTEST:-}" ]; then
    echo "skip irctest IRCTEST names no checkout of it (tests/conformance/README.md)"
elif ! "$PYTHON" -c "import pytest" 2>/dev/null; then
    echo "skip irctest $PYTHON has no pytest; PYTHON may name one that has"
else
    # Its own chosen tests: how other servers are compared, too.
    (cd "$IRCTEST" && PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH} "$PYTHON" -m pytest \
        --controller hobnob -p no:cacheprovider \
        -m "not implementation-specific and not deprecated and not strict" "$@") || status=1
fi
"$here/irc_framework.py" || status=1
exit $status
