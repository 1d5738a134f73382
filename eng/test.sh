#!/usr/bin/env bash
# Everything that CI checks: build without a warning, format, native binary, every test project.
#   test.sh [WORD]   with WORD only the suites whose name has it, or, where no suite has it,
#                    only the tests whose full name has it; format is then not checked
#   test.sh --nightly  only the tests that take too long for every change (trait When=Nightly)
# The last line says how many tests passed, failed and were skipped; the status is 0 only if
# none failed and all else held.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source eng/dotnet.sh
word=${1:-}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
broken=()

clock() { date +%s%N; }
since() { printf '%d.%01d s' $((($(clock) - $1) / 1000000000)) $((($(clock) - $1) / 100000000 % 10)); }

# step NAME COMMAND...: runs it, says how long it took; its output only if it fails.
step() {
    local name=$1 begin log
    shift
    begin=$(clock) log=$results/step
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '%-22s ok       %s\n' "$name" "$(since "$begin")"
    else
        printf '%-22s FAILED   %s\n' "$name" "$(since "$begin")"
        tail -60 "$log"
        broken+=("$name")
        return 1
    fi
}

# suite NAME [MTP ARGUMENTS]: one test project's program; leaves its counts in a file.
suite() {
    local name=$1 begin log rc verdict
    shift
    begin=$(clock) log=$results/$name.log
    PATH=$declared "tests/$name/bin/Release/net10.0/Dmvpn.$name" --progress off --no-ansi "$@" >"$log" 2>&1 </dev/null
    rc=$?
    local passed failed skipped
    passed=$(sed -n 's/^ *succeeded: //p' "$log" | tail -1)
    failed=$(sed -n 's/^ *failed: //p' "$log" | tail -1)
    skipped=$(sed -n 's/^ *skipped: //p' "$log" | tail -1)
    verdict=ok
    # 8: there was no test to run, which is right where a filter left none.
    if [ $rc != 0 ] && [ $rc != 8 ]; then
        verdict=FAILED
        # A program that died before its summary is a failure too.
        [ "${failed:-0}" -gt 0 ] || failed=1
    fi
    echo "${passed:-0} ${failed:-0} ${skipped:-0}" >"$results/$name.counts"
    if [ $verdict = FAILED ] || [ "${passed:-0}" -gt 0 ] || [ "${skipped:-0}" -gt 0 ] || [ -z "$word" ]; then
        {
            printf '%-22s %-8s %s: %s passed, %s failed, %s skipped\n' "$name" "$verdict" "$(since "$begin")" \
                "${passed:-0}" "${failed:-0}" "${skipped:-0}"
            if [ $verdict = FAILED ]; then cat "$log"; else grep -A2 '^skipped ' "$log"; fi
        } >"$results/$name.report"
        cat "$results/$name.report"
    fi
}

export MSBUILDDISABLENODEREUSE=1
# Tests find no program but those that packages.sh declares: a new machine has no others.
declared=$results/programs
if ! eng/packages.sh test --links "$declared"; then exit 1; fi
if ! step build eng/build.sh solution; then
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
step "native binary" eng/build.sh product
export DMVPN_ROOT=$PWD DMVPN_BINARY=$PWD/out/dmvpn

all=()
for project in tests/*.Tests/*.csproj; do all+=("$(basename "$project" .csproj)"); done
chosen=() filter=()
if [ "$word" = --nightly ]; then
    chosen=("${all[@]}") filter=(--filter-trait When=Nightly)
elif [ -n "$word" ]; then
    for name in "${all[@]}"; do [[ ${name,,} == *"${word,,}"* ]] && chosen+=("$name"); done
    if [ ${#chosen[@]} = 0 ]; then
        chosen=("${all[@]}") filter=(--filter-method "*$word*")
    fi
else
    chosen=("${all[@]}") filter=(--filter-not-trait When=Nightly)
fi

# Two at a time on a small machine, except the one that measures loss in real time.
alone=() running=0
for name in "${chosen[@]}"; do
    if [ "$name" = Interop.Tests ]; then alone+=("$name"); continue; fi
    if [ $running -ge 2 ]; then wait -n; running=$((running - 1)); fi
    suite "$name" "${filter[@]}" &
    running=$((running + 1))
done
wait
for name in "${alone[@]}"; do suite "$name" "${filter[@]}"; done
if [ -z "$word" ]; then
    step format dotnet format Dmvpn.slnx --verify-no-changes --no-restore
    # What has commands of its own, long enough to see that it still works.
    step "fuzz smoke" env PATH="$declared" fuzz/Fuzz/bin/Release/net10.0/Dmvpn.Fuzz smoke --seconds 7
    step "bench smoke" env PATH="$declared" bench/Bench/bin/Release/net10.0/Dmvpn.Bench nhrp --quick
    step "bench smoke, IKE" env PATH="$declared" bench/Bench/bin/Release/net10.0/Dmvpn.Bench ike --quick
    step "bench instructions" env PATH="$declared" bench/Instructions/bin/Release/net10.0/Dmvpn.Instructions split-merge 1400 4500
    step "bench tunnel smoke" env PATH="$declared" bench/Bench/bin/Release/net10.0/Dmvpn.Bench tunnel --quick
fi

passed=0 failed=0 skipped=0
for counts in "$results"/*.counts; do
    read -r p f s <"$counts"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
failed=$((failed + ${#broken[@]}))
[ ${#broken[@]} = 0 ] || echo "not held: ${broken[*]}"
if [ -n "$word" ] && [ $((passed + failed + skipped)) = 0 ]; then
    echo "no test matches '$word'"
    failed=1
fi
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
