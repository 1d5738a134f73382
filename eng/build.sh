#!/usr/bin/env bash
# Builds for ./dmvpn, one build at a time.
#   build.sh product                    the NativeAOT binary out/dmvpn
#   build.sh native NAME PROJECT PATH...  another native program into out/NAME
#   build.sh tool NAME PROJECT PATH...  a .NET program into out/NAME
#   build.sh solution                   every project, Release, where its tests expect it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source eng/dotnet.sh
source eng/fingerprint.sh
mkdir -p out
exec 9>out/.lock
flock 9

# Somebody else may have built it while we waited for the lock.
fresh() { [ -e "out/$1.stamp" ] && [ "$(<"out/$1.stamp")" = "$2" ]; }

# Quiet when it works; all of the output, on stderr, when it does not. Build servers that
# stay behind must not inherit the lock.
run() {
    local log=out/$1.log; shift
    if ! "$@" >"$log" 2>&1 9>&- </dev/null; then
        cat "$log" >&2
        echo "dmvpn: the build failed; the command was: $*" >&2
        exit 1
    fi
    # NU190x: a package has a known vulnerability, or the feed does not say. It is shown, and the build goes on.
    grep ': warning NU190' "$log" | sort -u >&2 || true
    if grep ': warning ' "$log" | grep -qv ': warning NU190'; then
        grep ': warning ' "$log" | sort -u >&2
        echo "dmvpn: the build gave warnings" >&2
        exit 1
    fi
}

case $1 in
    product)
        # Taken before the build: a file that changes during it makes the next run build again.
        print=$(fingerprint src)
        if fresh dmvpn "$print" && [ -x out/dmvpn ]; then exit 0; fi
        eng/packages.sh build
        echo "dmvpn: building the native binary, about a minute ..." >&2
        run publish dotnet publish src/Cli -c Release -r "$(runtime_id)" -nologo -v m -o out/publish
        # Replaced in one step, so that a daemon that runs from it goes on running.
        cp out/publish/dmvpn out/.dmvpn.new
        mv -f out/.dmvpn.new out/dmvpn
        echo "$print" >out/dmvpn.stamp ;;
    tool|native)
        kind=$1 name=$2 project=$3
        shift 3
        print=$(fingerprint "$@")
        if fresh "$name" "$print" && [ -d "out/$name" ]; then exit 0; fi
        how=(--no-self-contained -p:PublishAot=false)
        if [ "$kind" = native ]; then
            eng/packages.sh build
            how=(-r "$(runtime_id)")
        fi
        echo "dmvpn: building $project ..." >&2
        run "$name" dotnet publish "$project" -c Release "${how[@]}" -nologo -v m -o "out/.$name.new"
        rm -rf "out/$name"
        mv "out/.$name.new" "out/$name"
        echo "$print" >"out/$name.stamp" ;;
    solution)
        run solution dotnet build Dmvpn.slnx -c Release -nologo -v m ;;
    *)
        echo "build.sh: unknown target $1" >&2
        exit 2 ;;
esac
