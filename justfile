# What the gate does.
check:
    .ci/run

# Speed of each step; the scripts under benches/ need Python.
bench:
    cargo bench

# Accept new snapshots after looking at them.
snapshots:
    cargo insta review
