//go:build tools

// Package tools pins the command that the lab builds, so that go.mod and go.sum stay complete.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
