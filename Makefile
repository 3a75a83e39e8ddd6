# What users and CI call; contributors have the npm scripts of package.json. Everything that is missing is fetched.
.DEFAULT_GOAL := help
NODE := node_modules/.bin/node
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
export AREAS CLUSTER NODES NAME REGISTRY BENCH ROUNDS PARENTS CHILDREN RUNS PARTS FILE ARGS

.PHONY: help up down env plan test full faults mutation bench bench-server bench-runtime

help: ## Shows this list.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

up: node_modules/.complete ## Brings up a Kubernetes, the operator and a cloud. CLUSTER=current REGISTRY=… takes yours; NODES=3 makes three nodes.
	@$(NODE) e2e/up/main.ts up

down: node_modules/.complete ## Takes down what up brought up; keeps the cache.
	@$(NODE) e2e/up/main.ts down

env: node_modules/.complete ## Prints variables for kubectl and openstack: eval "$(make env)".
	@$(NODE) e2e/up/main.ts env

plan: node_modules/.complete ## Shows what a manifest leads to, without a cluster: FILE=cloud.yaml. ARGS=--diff compares with that of your kubeconfig.
	@$(NODE) controllers/cli/main.ts plan -f "$$FILE" $$ARGS

test: node_modules/.complete ## Runs everything that must pass, on a cluster of its own.
	@$(NODE) e2e/run.ts

full: node_modules/.complete ## Runs what is too long for test: all of it, or the named PARTS="faults releases".
	@$(NODE) e2e/full.ts

faults: node_modules/.complete ## Plays faults at every write of the core scenarios and some of all others, in 20 minutes of two processors. No cluster.
	@$(NODE) controllers/testing/faults-main.ts

mutation: node_modules/.complete ## Changes the pure modules bit by bit; their tests have to notice 85 %. No cluster. AREAS="operator-plan" tries some.
	@$(NODE) e2e/mutation/main.ts $$AREAS

bench: node_modules/.complete ## Measures from kubectl apply to a token, and where the time goes. ROUNDS=5 repeats more often.
	@$(NODE) e2e/bench/first-token.ts

bench-server: node_modules/.complete ## Measures from kubectl apply to a server that answers, by which steps, and the memory of every pod.
	@$(NODE) e2e/bench/first-server.ts

bench-runtime: node_modules/.complete ## Compares the runtime with controller-runtime. BENCH=… is the folder of the driver and the baseline.
	@$(NODE) e2e/bench/runtime.ts

# Node 24 is one of the packages; npm is only needed to install them. Not npm ci: it fails where a registry lacks the builds of
# optional packages for other machines than this one; the versions of the lock file hold all the same.
node_modules/.complete: package-lock.json package.json
	@command -v npm >/dev/null || { echo "npm is missing: installing it (needs root)" >&2; $(SUDO) apt-get update -qq >/dev/null && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >/dev/null; } \
	  || { echo "npm: not installed. What to try: check that apt-get update works here, or install npm by hand" >&2; exit 1; }
	@echo "installing packages" >&2; npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >&2 \
	  || { echo "packages: not installed. What to try: check that npm ping works here; a mirror, a proxy or an authority of your own belongs into ~/.npmrc" >&2; exit 1; }
	@touch $@
