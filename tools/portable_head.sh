#!/bin/sh
# Pipekeep, the portable form: this text, then a gzip'd tar of the deno runtime and the program. The first start
# unpacks them into the user's cache, every start runs them from there. It uses sh, uname, ls, tail, gzip, tar, cat,
# mkdir, mktemp, mv, rm and sync; readlink when started through a link, id when the cache cannot be used, find when
# an earlier start was cut off.
set -u
unset CDPATH

built_for='@BUILT_FOR@'
loader='@LOADER@'
contents='@CONTENTS@'
payload_at='@PAYLOAD_AT@'

refuse() {
  printf 'pipekeep: %s\n' "$1" >&2
  exit 1
}

machine=$(uname -sm)
[ "$machine" = "$built_for" ] ||
  refuse "this executable is built for $built_for, but this machine is $machine"
[ -z "$loader" ] || [ -e "$loader" ] ||
  refuse "this executable needs the GNU C library, but there is no $loader here"

# The file itself, absolute and through all links: training_data stands beside it. `sh pipekeep` gives a bare name,
# which is a file here or else one in PATH; started by its own name, the path is always in it.
self=$0
case $self in
  */*) ;;
  *) if [ -e "$self" ]; then self=./$self; else self=$(command -v -- "$self") || refuse "cannot find $0"; fi ;;
esac
while [ -L "$self" ]; do
  target=$(readlink -- "$self") || refuse "cannot follow the link $self"
  case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
  esac
done
beside=$(cd -P -- "${self%/*}/" && pwd -P) || refuse "cannot find the folder of $0"
self=${beside%/}/${self##*/}

# Whether nobody but us, or root, can put a file into the folder $1: what is in it is going to be run.
is_safe() {
  [ -d "$1" ] && [ ! -L "$1" ] || return 1
  # shellcheck disable=SC2046 # the words are wanted one by one
  set -- "$1" $(LC_ALL=C ls -ldn -- "$1")
  case ${2-} in
    d????-??-*) ;;
    *) return 1 ;;
  esac
  [ -O "$1" ] || [ "${4-}" = 0 ]
}

# Whether other people's renames can replace a folder of ours in the folder $1: writable by all and not sticky.
is_open() {
  case $(LC_ALL=C ls -ldn -- "$1/." 2>/dev/null) in
    d????????[tT]*) return 1 ;;
    d???????w*) return 0 ;;
  esac
  return 1
}

# -x is false on a file system that is mounted noexec.
is_complete() {
  [ -x "$1/deno" ] && [ -s "$1/main.js" ] && [ -s "$1/tree_worker.js" ]
}

# Unpacks into a folder of our own in $1 and moves that to its place in one step: whoever comes second, here or in
# another process, uses the first one's. A start that is cut off leaves only a folder that no start looks into.
unpack() {
  part=$(mktemp -d -- "$1/.unpack.XXXXXX") || return 1
  (
    umask 022
    mkdir -- "$part/$contents" && cd -- "$part/$contents" || exit 1
    tail -c "+$payload_at" -- "$self" |
      { gzip -dc || : >"$part/damaged"; } |
      { tar -xmof - && cat >/dev/null; }
  ) && [ ! -e "$part/damaged" ] && is_complete "$part/$contents" || return 1
  # Without it, a power cut could leave the names in place and their bytes not.
  sync -- "$part/$contents/deno" "$part/$contents/main.js" "$part/$contents/tree_worker.js" 2>/dev/null || sync
  if ! is_complete "$1/$contents"; then
    # Somebody removed a part of it, a cleaner of old files for instance.
    [ ! -e "$1/$contents" ] || mv -f -- "$1/$contents" "$part/incomplete"
    # Named by its parent: to a folder that is there by now, `mv` would add ours inside.
    mv -f -- "$part/$contents" "$1/"
  fi </dev/null
  is_complete "$1/$contents"
}

# Makes the contents ready below the folder $1; false when that folder cannot be used.
prepare() {
  [ -d "$1" ] || (umask 077 && mkdir -p -- "$1") || return 1
  is_safe "$1" || return 1
  folder=$1/$contents
  if ! is_complete "$folder"; then
    part=
    trap 'rm -rf -- "$part"; exit 129' HUP
    trap 'rm -rf -- "$part"; exit 130' INT
    trap 'rm -rf -- "$part"; exit 143' TERM
    unpack "$1"
    unpacked=$?
    [ -z "$part" ] || rm -rf -- "$part"
    trap - HUP INT TERM
    [ "$unpacked" -eq 0 ] || return 1
  fi
  for part in "$1"/.unpack.*; do
    # One that is younger may be another start's, at work in another container on the same cache.
    [ ! -e "$part" ] || find "$part" -prune -mmin +10 -exec rm -rf -- {} + 2>/dev/null
  done
  return 0
}

case ${XDG_CACHE_HOME-} in
  /*) cache=$XDG_CACHE_HOME/pipekeep ;;
  *) case ${HOME-} in
    /*) cache=$HOME/.cache/pipekeep ;;
    *) cache= ;;
  esac ;;
esac
if [ -z "$cache" ] || ! prepare "$cache" 2>/dev/null; then
  case ${TMPDIR-} in
    /*) temporary=$TMPDIR ;;
    *) temporary=/tmp ;;
  esac
  # One per user rather than one per start: a service that is restarted a thousand times unpacks once.
  own=$temporary/pipekeep-$(id -u)
  if is_open "$temporary" || ! prepare "$own"; then
    refuse "cannot unpack into ${cache:-a cache (HOME is not set)} or $own: is $self whole, and are they yours alone, \
with 120 MB free, where programs may run? XDG_CACHE_HOME names another place"
  fi
fi

export PIPEKEEP_EXECUTABLE="$self" DENO_DIR="$folder/cache" DENO_NO_UPDATE_CHECK=1
exec "$folder/deno" run @FLAGS@ "$folder/main.js" "$@"
