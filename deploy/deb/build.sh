#!/usr/bin/env bash
# Builds log-capturer_VERSION_ARCH.deb with Debian's own tools, from a checkout on a host of the same architecture:
#
#     npm ci && deploy/deb/build.sh [FOLDER]          default: the current folder
#
# It brings its own Node.js, so it depends on nothing but the C library.
# DPKG_DEB chooses the compression; default: -Zxz.
set -euo pipefail

out=$(realpath "${1:-.}")
cd "$(dirname "$0")/../.."
version=$(node_modules/.bin/node -p 'require("./package.json").version')
arch=$(dpkg --print-architecture)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"

deploy/tree.sh "$root"

units=deploy/systemd
install -D -m 644 $units/log-capturer.service "$root/lib/systemd/system/log-capturer.service"
install -D -m 644 $units/log-capturer.sysusers "$root/usr/lib/sysusers.d/log-capturer.conf"
install -D -m 644 $units/log-capturer.tmpfiles "$root/usr/lib/tmpfiles.d/log-capturer.conf"
install -D -m 640 $units/log-capturer.yaml "$root/etc/log-capturer/log-capturer.yaml"
doc="$root/usr/share/doc/log-capturer"
install -d "$doc/examples"
cp README.md configs/*.md configs/reference.yaml deploy/troubleshooting.md "$doc"
cp deploy/README.md "$doc/operating.md"
cp -r $units/drop-ins deploy/prometheus deploy/grafana "$doc/examples"
find "$doc" -name '*.ts' -delete
install -m 644 LICENSE "$doc/copyright"

# The manual and what shells complete, as the program itself tells.
program=(node_modules/.bin/node dist/cmd/log-capturer/main.js)
share="$root/usr/share"
install -d "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/vendor-completions" \
  "$share/fish/vendor_completions.d"
"${program[@]}" man | gzip -9n > "$share/man/man1/log-capturer.1.gz"
"${program[@]}" completion bash > "$share/bash-completion/completions/log-capturer"
"${program[@]}" completion zsh > "$share/zsh/vendor-completions/_log-capturer"
"${program[@]}" completion fish > "$share/fish/vendor_completions.d/log-capturer.fish"

install -d "$root/DEBIAN"
for script in postinst prerm postrm; do install -m 755 "deploy/deb/$script" "$root/DEBIAN/$script"; done
echo /etc/log-capturer/log-capturer.yaml > "$root/DEBIAN/conffiles"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$(du -sk "$root" | cut -f1)/" \
  deploy/deb/control > "$root/DEBIAN/control"

dpkg-deb "${DPKG_DEB:--Zxz}" --root-owner-group --build "$root" "$out/log-capturer_${version}_${arch}.deb"
