# Sourced. fingerprint PATH...: one number for the names, times and sizes of every source file
# below the paths and of what all builds share. Deletions and checkouts of older files change
# it too, which a comparison of times alone would miss.
fingerprint() {
    find "$@" eng Directory.Build.props Directory.Build.targets Directory.Packages.props global.json .editorconfig \
        \( -name bin -o -name obj -o -name '*.sh' \) -prune -o -type f -printf '%p %T@ %s\n' | LC_ALL=C sort | cksum
}
