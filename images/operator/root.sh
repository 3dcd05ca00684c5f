#!/bin/sh
# Writes into a directory what the operator's image has besides the operator: Node.js and the shared objects that it is linked with. No shell,
# no package manager. Usage: root.sh <node> <directory>
set -eu
node=$1
target=$2

put() { # <file of this machine> <path in the image>
  mkdir -p "$target$(dirname "$2")"
  cp -L "$1" "$target$2"
  chmod 755 "$target$2"
}

put "$node" /usr/local/bin/node
ldd "$node" | grep -o '/[^ ]*' | while read -r object; do put "$object" "$object"; done
mkdir -p "$target/etc" "$target/tmp"
chmod 1777 "$target/tmp"
cat > "$target/etc/passwd" << 'END'
root:x:0:0:root:/:/sbin/nologin
nonroot:x:65532:65532:nonroot:/:/sbin/nologin
END
