# Sourced: the .NET SDK and what it needs of the environment.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# NuGet and the SDK keep their caches below HOME, which a bare CI job may not have.
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME

if ! command -v dotnet >/dev/null 2>&1 && [ -x /usr/share/dotnet/dotnet ]; then
    PATH=$PATH:/usr/share/dotnet
fi
if ! dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
    cat >&2 <<'TEXT'
dmvpn: this needs the .NET SDK 10.0 and `dotnet --list-sdks` shows none.
  Install it from https://dotnet.microsoft.com/download/dotnet/10.0
  (Debian: Microsoft's apt feed, package dotnet-sdk-10.0; or the script dotnet-install.sh --channel 10.0).
TEXT
    exit 1
fi

runtime_id() {
    case $(uname -m) in
        x86_64) echo linux-x64 ;;
        aarch64) echo linux-arm64 ;;
        *) echo "dmvpn: no native build for $(uname -m)" >&2; return 1 ;;
    esac
}
