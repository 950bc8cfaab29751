#!/bin/sh
# tools/ensure_packages installs what is missing and nothing else: shown with a package manager
# that only writes down what it is asked.
set -u
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/bin" "$tree/tools"
cp tools/ensure_packages "$tree/tools/"
printf 'build one # what for\nbuild two\ntest three\n' >"$tree/tools/packages"

for command in sh dirname awk cat mktemp rm env echo; do
    ln -s "$(command -v $command)" "$tree/bin/$command"
done
# command_is NAME BODY
command_is() {
    printf '#!/bin/sh\n%s\n' "$2" >"$tree/bin/$1"
    chmod +x "$tree/bin/$1"
}
command_is dpkg-query 'shift 3; case " $INSTALLED " in *" $1 "*) printf "installed ";; *) printf "not-installed "; exit 1;; esac'
command_is apt-get 'echo "$DEBIAN_FRONTEND $*" >>"$ASKED"; [ -z "${BROKEN:-}" ] || { echo no network; exit 100; }'
command_is id 'echo "$USER_ID"'

# ensure INSTALLED GROUPS...: sets output, status and asked.
ensure() {
    : >"$tree/asked"
    installed=$1
    shift
    output=$(env -i PATH="$tree/bin" INSTALLED="$installed" ASKED="$tree/asked" \
        USER_ID="${user_id:-0}" BROKEN="${broken:-}" NO_PACKAGES="${no_packages:-}" \
        "$tree/tools/ensure_packages" "$@" 2>&1)
    status=$?
    asked=$(cat "$tree/asked")
}

# says NAME ACTUAL EXPECTED
says() {
    if [ "$2" = "$3" ]; then
        echo "ok $1"
    else
        printf '# got "%s", expected "%s"\n' "$2" "$3"
        echo "FAIL $1"
    fi
}

ensure 'one two three' build test
says says_nothing_when_nothing_is_missing "$status$output$asked" 0
ensure 'one two' build
says looks_at_the_groups_asked_for_alone "$status$output$asked" 0
ensure 'one' build test
says says_what_it_installs "$output" 'Installing: two three'
says installs_without_a_question "$asked" \
    'noninteractive -qq -o Acquire::Retries=3 update
noninteractive -qq -o Acquire::Retries=3 install -y --no-install-recommends two three'
broken=1 ensure 'one' build
says a_failed_installation_says_why "$status $output" '69 Installing: two
no network
apt-get update failed; what it said is above.'
user_id=1000 ensure 'one' build
says without_sudo_it_says_what_to_do "$status $output" \
    '69 These packages are missing, and there is no sudo. As root, run:
apt-get install two'
command_is sudo 'echo sudo >>"$ASKED"; exec "$@"'
user_id=1000 ensure 'one two' test
says uses_sudo_where_not_root "$(printf '%s' "$asked" | grep -c sudo)" 2
rm "$tree/bin/apt-get"
ensure '' build
says without_apt_get_it_lists_what_is_needed "$status $output" \
    '69 This system has no apt-get, so hobnob cannot install what it needs.
Install what these Debian packages hold, then run this again with NO_PACKAGES=1:
one two'
no_packages=1 ensure '' build
says can_be_told_to_install_nothing "$status$output" 0
