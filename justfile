# Short names for the developer's command; `just` alone lists them.

set positional-arguments

_list:
    @just --list --unsorted

# Start everything on this machine and provision a first account
up *args:
    cargo xtask up "$@"

# Stop everything that `up` started
down:
    cargo xtask down

# Show what runs
status:
    cargo xtask status

# Format, lints and all tests; arguments go to the test runner
test *args:
    cargo xtask test "$@"

# Start the servers that the tests use and leave them running; `just servers --stop` stops them
servers *args:
    cargo xtask servers "$@"

# Licences, banned crates and known advisories of the dependencies
deny:
    cargo deny check

# Format the code
format:
    cargo fmt --all
