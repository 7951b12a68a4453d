#!/usr/bin/env bash
# Lays the program out under FOLDER as it is installed, from a checkout after `npm ci`; the .deb and the image are made
# of this:
#
#     usr/bin/log-capturer              the program
#     usr/lib/log-capturer              what it is made of, with its own Node.js (the binary of the npm package "node")
set -euo pipefail

root=$(realpath "$1")
cd "$(dirname "$0")/.."
npm run --silent build

lib="$root/usr/lib/log-capturer"
install -d "$lib/bin" "$lib/configs" "$root/usr/bin"
cp -r dist package.json package-lock.json LICENSE "$lib"
npm ci --prefix "$lib" --omit=dev --ignore-scripts --no-audit --no-fund --silent
rm "$lib/package-lock.json"
cp configs/quickstart.yaml "$lib/configs"
install -m 755 node_modules/.bin/node "$lib/bin/node"
npm run --silent sbom > "$lib/sbom.json"

# Started without a shell: an image may have none.
main=dist/cmd/log-capturer/main.js
sed -i '1s|.*|#!/usr/lib/log-capturer/bin/node|' "$lib/$main"
chmod 755 "$lib/$main"
ln -s "../lib/log-capturer/$main" "$root/usr/bin/log-capturer"
