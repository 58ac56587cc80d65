#!/usr/bin/env bash
# Runs the long tests, suite by suite, and prints the duration of each.
#
#   hack/e2e.sh            all suites, in the order of the table below
#   hack/e2e.sh SUITE…     the named suites: hack/e2e.sh kernel chaos
#
# E2E_BUDGET=SECONDS  starts a suite only if its usual duration fits in the rest of the budget,
#                     in a random order, and prints the suites that did not fit. The usual
#                     durations are multiplied by the slowness of this machine: the highest ratio
#                     of duration to usual duration in this run. No suite is stopped.
# E2E_SEED=N          the order, and the seed of mutants and chaos (default: from the clock)
# E2E_MUTANTS=6m      the duration of mutants
# E2E_CHAOS=12m       the duration of chaos, without the broken builds that it must notice
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds() { # a duration of whole minutes or seconds
	case $1 in *m) echo $((${1%m} * 60)) ;; *s) echo "${1%s}" ;; *) echo "hack/e2e.sh: duration $1: write 6m or 360s" >&2; exit 1 ;; esac
}

seed=${E2E_SEED:-$(date +%s)}
mutants=${E2E_MUTANTS:-6m}
chaos=${E2E_CHAOS:-12m}

# Each suite: its name, and its usual duration in seconds on two cores, with empty caches for
# what it builds or downloads itself.
suites=(
	fuzz:180
	monitoring:100
	browser:240
	kernel:400
	managers:800
	kubelet:400
	node:900
	crossplane:1100
	race-units:900
	race-servers:1200
	race-simulations:900
	"mutants:$(($(seconds "$mutants") + 60))"
	"chaos:$(($(seconds "$chaos") + 240))"
)

suite() { # name
	case $1 in
	fuzz) make fuzz ;;
	monitoring | browser) make "test-$1" ;;
	kernel | managers | kubelet | node | crossplane) make "e2e-$1" ;;
	race-units) hack/test.sh --race-units -count=1 ;;
	race-servers) hack/test.sh --race-servers -count=1 ;;
	race-simulations) hack/test.sh --race-simulations -count=1 ;;
	mutants) make mutants MUTANTS="-for $mutants -seed $seed" ;;
	chaos) make chaos CHAOS="-rounds 10000 -for $chaos -seed $seed -mutations" ;;
	esac
}

usual() { # name
	local s
	for s in "${suites[@]}"; do
		if [ "${s%%:*}" = "$1" ]; then
			echo "${s##*:}"
			return
		fi
	done
	echo "hack/e2e.sh: no suite is named $1: write some of ${suites[*]%%:*}" >&2
	return 2
}

names=("$@")
if (($# == 0)); then names=("${suites[@]%%:*}"); fi
for name in "${names[@]}"; do usual "$name" >/dev/null; done
budget=${E2E_BUDGET:-}
if [ "$budget" ]; then
	mapfile -t names < <(awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand(), $0 }' <(printf '%s\n' "${names[@]}") | sort | cut -d' ' -f2)
fi

echo "e2e: seed $seed${budget:+, budget $budget s}: ${names[*]}"
slowness=100 # per cent
done=() left=()
for name in "${names[@]}"; do
	expected=$(($(usual "$name") * slowness / 100))
	if [ "$budget" ] && ((SECONDS + expected > budget)); then
		left+=("$name (about $expected s)")
		continue
	fi
	printf '\n-- e2e: %s (%s s so far)\n' "$name" "$SECONDS"
	started=$SECONDS
	suite "$name"
	took=$((SECONDS - started))
	done+=("$name $took s")
	ratio=$((took * 100 / $(usual "$name")))
	if ((ratio > slowness)); then slowness=$ratio; fi
done

printf '\ne2e: seed %s, %s s:' "$seed" "$SECONDS"
printf ' %s;' "${done[@]:-no suite}"
echo
if ((${#left[@]})); then
	printf 'e2e: not run, because the budget of %s s was too short:' "$budget"
	printf ' %s;' "${left[@]}"
	printf ' run hack/e2e.sh with their names\n'
fi
