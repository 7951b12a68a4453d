#!/usr/bin/env bash
# Builds a Loki for `npm run test:loki` from its Go module: build.sh TARGET. Needs Go (1.26 or later) and about ten minutes.
set -euo pipefail

version=v3.7.8
# `go build` of the module itself looks for a package that is a module of its own.
push=v0.0.0-20250630054201-94c0ba7b0952
target=$(realpath -m "${1:?usage: build.sh TARGET}")

# go mod download -json says where a module lies: "Dir": "…",
folder_of() {
  go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p'
}

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cp -r "$(folder_of "github.com/grafana/loki/v3@$version")" "$work/loki"
chmod -R u+w "$work/loki"
mkdir -p "$work/loki/pkg/push"
cp -r "$(folder_of "github.com/grafana/loki/pkg/push@$push")/." "$work/loki/pkg/push/"
cd "$work/loki"
GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o "$target" ./cmd/loki
"$target" -version
