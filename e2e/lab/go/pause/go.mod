module nephos.dev/lab/pause

go 1.25
