//go:build tools

// Package tools pins the command that the lab builds, so that go.mod and go.sum stay complete.
package tools

import _ "github.com/yannh/kubeconform/cmd/kubeconform"
