#!/usr/bin/env bash
# The whole test command: builds, checks formatting, runs every test project, and ends with one line,
# "N passed, N failed, N skipped". Exit code 0 only if something passed and nothing failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
exec </dev/null

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 NO_COLOR=1
# A hung test project is ended and counted as failed after this many seconds.
project_limit=900
logs=artifacts/test
passed=0 failed=0 skipped=0

say() { printf '%s\n' "$*"; }

finish() {
    say "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

fail() {
    say "FAILED: $1"
    failed=$((failed + 1))
}

# Debian packages that tests need when they run; without them these tests are skipped.
install_tools() {
    local missing=()
    command -v strace >/dev/null || missing+=(strace)
    command -v curl >/dev/null || missing+=(curl)
    command -v redis-server >/dev/null || missing+=(redis-server)
    command -v redis-benchmark >/dev/null || missing+=(redis-tools)
    PATH=$PATH:/usr/sbin command -v haproxy >/dev/null || missing+=(haproxy)
    command -v psql >/dev/null && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        say "${missing[*]} missing, so the tests that need them are skipped. Install: apt-get install ${missing[*]}"
        return
    fi

    say "Installing what some tests need: ${missing[*]}."
    # The servers are started by the tests, and not by the system.
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
    apt-get install -y --no-install-recommends "${missing[@]}" >"$logs/apt.log" 2>&1 && return
    { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >>"$logs/apt.log" 2>&1 ||
        say "${missing[*]} could not be installed (see $logs/apt.log), so the tests that need them are skipped."
}

# The output goes to a file: the compiler's server outlives the build and must not hold our output open.
build() {
    say "Building the solution (Release)."
    dotnet build Understudy.slnx -c Release -v q -nodeReuse:false >"$logs/build.log" 2>&1 && return
    grep -E '(error|warning) [A-Z]+[0-9]*:|error :|: error' "$logs/build.log" | sort -u | head -50 || tail -50 "$logs/build.log"
    fail "the build (all of its output: $logs/build.log)"
    finish
}

# Style is checked by the build (EnforceCodeStyleInBuild, warnings as errors); this adds the layout.
check_format() {
    say "Checking the formatting."
    dotnet format whitespace . --folder --verify-no-changes --exclude artifacts >"$logs/format.log" 2>&1 && return
    head -30 "$logs/format.log"
    fail "the formatting; to repair it: dotnet format whitespace . --folder --exclude artifacts"
}

# Runs one test project and adds the numbers of its closing line, "Total: 37, Errors: 0, Failed: 1, Skipped: 0, ...".
run_tests() {
    local name=$1 log="$logs/$1.log" code=0 summary started=$SECONDS
    timeout --kill-after=10 "$project_limit" "artifacts/bin/$name/release/$name" -noColor >"$log" 2>&1 || code=$?
    summary=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -E "^ *$name +Total: [0-9]+" | tail -1)
    # An empty project's line ends after its total.
    number() { sed -nE "s/.*$1: ([0-9]+).*/\1/p; t; s/.*/0/p" <<<"$summary"; }

    if [ -z "$summary" ]; then
        { head -20 "$log" && tail -10 "$log"; } | cut -c1-300
        if [ "$code" -eq 124 ]; then fail "$name did not end within $project_limit s"
        else fail "$name crashed (exit code $code)"; fi
        return
    fi

    local total bad skips
    total=$(($(number Total) - $(number 'Not Run')))
    bad=$(($(number Errors) + $(number Failed)))
    skips=$(number Skipped)
    passed=$((passed + total - $(number Failed) - skips))
    failed=$((failed + bad))
    skipped=$((skipped + skips))
    say "  $name: $((total - $(number Failed) - skips)) passed, $bad failed, $skips skipped, $((SECONDS - started)) s"
    if [ "$bad" -gt 0 ]; then
        head -400 "$log" | cut -c1-300
    elif [ "$skips" -gt 0 ]; then
        grep -A1 -F '[SKIP]' "$log" | grep -v '^--$'
    fi

    if [ "$bad" -gt 0 ]; then
        return
    elif [ "$code" -ne 0 ]; then
        tail -50 "$log"
        fail "$name ended with exit code $code, though no test failed"
    elif [ "$total" -eq 0 ]; then
        fail "$name has no tests"
    fi
}

mkdir -p "$logs"
if ! command -v dotnet >/dev/null; then
    fail "dotnet is missing; install the .NET 10 SDK"
    finish
fi

install_tools
build
check_format
say "Running the test projects (outputs: $logs)."
for project in tests/*.Tests/*.csproj samples/TestingYourService/*.csproj; do
    run_tests "$(basename "$project" .csproj)"
done
finish
