# Sourced by scripts that unpack Debian's packages without installing them: an apt of one's own for another release or
# architecture. The caller sets $work, a folder for it.

# archive: the Debian archive that this machine uses, whatever it is called.
archive() {
  local mirror
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    grep -v security | sort -u | head -n 1)
  [ -n "$mirror" ] || { echo "${0##*/}: no Debian archive is configured here (apt-get update first)" >&2; exit 1; }
  echo "$mirror"
}

# with_apt RELEASE ARCHITECTURE COMMAND ARGUMENT…: apt-get or apt-cache of that release, on a machine with nothing installed.
with_apt() {
  local release=$1 architecture=$2 command=$3 root="$work/apt-$1-$2"; shift 3
  local options=(-qq -o "Dir::State=$root" -o "Dir::State::status=$root/status" -o "Dir::Cache=$root/cache"
    -o "Dir::Etc::SourceList=$root/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Acquire::Languages=none
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o "APT::Architecture=$architecture"
    -o "APT::Architectures=$architecture" -o APT::Install-Recommends=false)
  if [ ! -d "$root" ]; then
    mkdir -p "$root"/{lists/partial,cache/archives/partial,etc}
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$(archive)" "$release" > "$root/etc/sources.list"
    : > "$root/status"
    apt-get "${options[@]}" update
  fi
  "$command" "${options[@]}" "$@"
}

# unpack RELEASE ARCHITECTURE FOLDER PACKAGE…: these packages and all that they depend on.
unpack() {
  local release=$1 architecture=$2 into=$3 deb; shift 3
  with_apt "$release" "$architecture" apt-get clean
  with_apt "$release" "$architecture" apt-get install --yes --download-only "$@"
  mkdir -p "$into"
  for deb in "$work/apt-$release-$architecture"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$into"; done
}
