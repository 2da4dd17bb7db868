#!/bin/sh
# Stands for the host's own `virtualmin`: hands its arguments, each ended by a NUL, to the simulated machine.
# A file with a password is read here, where the host's files are, and loses its line ends (create-domain.pl of 8.1.0).
answer=$(mktemp) || exit 70
trap 'rm -f "$answer"' EXIT
status=$(
    previous=
    for argument; do
        case $previous in
        --passfile) printf '%s\0' "$(tr -d '\r\n' <"$argument")" ;;
        *)
            case $argument in
            --passfile) printf '%s\0' --pass ;;
            *) printf '%s\0' "$argument" ;;
            esac
            ;;
        esac
        previous=$argument
    done | curl -sS --noproxy '*' -o "$answer" -w '%header{exit-status}' --data-binary @- 'MACHINE'
)
cat "$answer"
exit "${status:-70}"
