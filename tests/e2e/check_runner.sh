#!/bin/sh
# tools/run_tests counts what it ought to count: shown with programs of a small tree.
set -u
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree/tools" "$tree/tests/e2e" "$tree/tests/fuzz/corpus/parser" "$tree/b/debug/tests/unit" \
    "$tree/b/debug/tests/fuzz" "$tree/b/tsan"
cp tools/run_tests "$tree/tools/"
cat >"$tree/Makefile" <<'END'
all tests threaded-tests list-threaded-tests: ;
list-tests: ; @{ ls $(O)/tests/*/*; echo $(O)/tests/unit/test_unbuilt; } | sort -u
list-checks: ; @echo check-good check-bad
check-good: ;
check-bad: ; @echo what is bad; exit 1
END

selected='case $TEST_PROGRAM in *"${TEST_PATTERN%/*}"*) ;; *) exit 0 ;; esac'

# program PATH BODY
program() {
    printf '#!/bin/sh\n%s\n%s\n' "$selected" "$2" >"$tree/$1"
    chmod +x "$tree/$1"
}
unit=b/debug/tests/unit
program $unit/test_passes 'echo ok one; echo ok two'
program $unit/test_fails 'echo ok one; echo the cause; echo FAIL two; exit 1'
program $unit/test_skips 'echo skip one needs a mouse'
program $unit/test_crashes 'echo ok one; kill -SEGV $$'
program $unit/test_silent 'true'
program b/debug/tests/fuzz/fuzz_parser 'test "$1" = tests/fuzz/corpus/parser'
program tests/e2e/leaves.sh 'echo "$TMPDIR" >folder; sleep 1000 & echo $! >left; echo ok one'
: >"$tree/tests/e2e/not_executable.sh"

# says NAME PATTERN TEXT
says() {
    if printf '%s\n' "$3" | grep -qE "$2"; then
        echo "ok $1"
    else
        printf '# expected to read "%s" in:\n%s\n' "$2" "$3" | sed 's/^[oFs]/  &/'
        echo "FAIL $1"
    fi
}

output=$("$tree/tools/run_tests" O=b)
status=$?
says a_failed_test_is_an_exit_status '^1$' $status
says passing_tests_are_counted '^unit/test_passes +2 passed ' "$output"
says a_failing_test_is_named 'FAILED: unit/test_fails/two$' "$output"
says the_output_of_a_failing_program_is_shown '\| the cause$' "$output"
says a_reason_for_skipping_is_shown 'skipped: one needs a mouse$' "$output"
says a_crash_is_a_failure '\| unit/test_crashes: it was ended by SIGSEGV$' "$output"
says no_result_is_a_failure '\| unit/test_silent: it printed no result$' "$output"
says what_was_not_built_is_a_failure '\| unit/test_unbuilt: it cannot be started: No such' "$output"
says a_corpus_is_one_test '^fuzz/fuzz_parser +1 passed ' "$output"
says a_checker_is_one_test '^check/good +1 passed ' "$output"
says a_failing_checker_is_named 'FAILED: check/bad$' "$output"
says the_last_line_counts_all '^7 passed, 5 failed, 1 skipped$' "$(printf '%s' "$output" | tail -1)"
says what_a_test_leaves_running_is_ended '^(Z.*)?$' "$(ps -o stat= -p "$(cat "$tree/left")")"
says a_tests_folder_is_removed '^removed$' "$([ -d "$(cat "$tree/folder")" ] || echo removed)"

program $unit/test_unbuilt 'echo ok one'
output=$("$tree/tools/run_tests" O=b T=test_passes/one)
says a_pattern_selects_one_test '^1 passed, 0 failed, 0 skipped$' "$output"
output=$("$tree/tools/run_tests" O=b T=nothing)
says a_pattern_without_tests_is_a_failure '^No program/name contains "nothing".$' "$output"
